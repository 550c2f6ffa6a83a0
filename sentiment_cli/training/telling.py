"""Which words and phrases weigh most for each class, and a few texts whose answers tell whether a model is the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment_cli.golden import TEXTS
from sentiment_cli.training.metrics import Word
from sentiment_cli.training.trained import Golden

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORDS = 25


def telling_words(terms: Sequence[str], weights: NDArray[np.float64]) -> tuple[tuple[Word, ...], ...]:
    """The heaviest terms of each class, strongest first; `weights` is a classifier's `coef_`."""
    rows = np.vstack([-weights[0], weights[0]]) if len(weights) == 1 else weights
    found = []
    for row in rows:
        heaviest = np.argsort(-row, kind="stable")[:_WORDS]
        found.append(tuple(Word(terms[i], float(row[i])) for i in heaviest.tolist() if row[i] > 0))
    return tuple(found)


def golden(model: Any, names: Sequence[str]) -> tuple[Golden, ...]:
    """What `model` (with predict_proba) answers to built-in texts, the empty one among them."""
    probabilities = model.predict_proba(list(TEXTS))
    best = probabilities.argmax(axis=1).tolist()
    rows = zip(TEXTS, best, probabilities.tolist(), strict=True)
    return tuple(Golden(text, names[i], row[i]) for text, i, row in rows)
