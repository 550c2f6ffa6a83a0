"""Which rows are kept aside for measuring; copies of a text never stand on both sides."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sentiment_cli.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def hold_out(
    texts: Sequence[str], labels: NDArray[np.int8], names: Sequence[str], test_size: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(rows to train on, rows to measure on), both in ascending order, every class in proportion.

    Rows whose texts are equal but for case are one group, drawn whole; a group counts to the class of its first row.
    Raises InputError if a class has too few different texts to be on both sides.
    """
    leader = _leaders(texts)
    rng = np.random.Generator(np.random.PCG64(seed))
    leads = np.flatnonzero(leader == np.arange(len(leader)))
    sizes = np.bincount(leader, minlength=len(leader))
    kept_aside = np.zeros(len(leader), dtype=bool)
    for label, name in enumerate(names):
        groups = leads[labels[leads] == label]
        if len(groups) < 2:
            raise _too_alike(name)
        drawn = groups[rng.permutation(len(groups))]
        before = np.cumsum(sizes[drawn]) - sizes[drawn]
        wanted = test_size * sizes[groups].sum()
        count = int(np.clip(np.count_nonzero(before + sizes[drawn] / 2 <= wanted), 1, len(groups) - 1))
        kept_aside[drawn[:count]] = True
    aside = kept_aside[leader]
    return np.flatnonzero(~aside), np.flatnonzero(aside)


def _leaders(texts: Sequence[str]) -> NDArray[np.intp]:
    """For each row the first row with the same text but for case.

    Candidates are found by sorting 8-byte hashes, which vary from run to run and decide nothing, then compared.
    """
    hashes = np.frombuffer(array("q", (hash(text.lower()) for text in texts)), dtype=np.int64)
    order = np.argsort(hashes, kind="stable")
    same = hashes[order][1:] == hashes[order][:-1]
    candidates = np.sort(order[np.append(same, False) | np.insert(same, 0, False)])
    leader = np.arange(len(texts))
    first: dict[str, int] = {}
    for row in candidates.tolist():
        leader[row] = first.setdefault(texts[row].lower(), row)
    return leader


def _too_alike(name: str) -> InputError:
    return InputError(
        "The rows cannot be split into a part to train on and a part to measure on.",
        f"All texts with the label {name} are the same one.",
        "Add rows with other texts for that label.",
        code="too-alike",
    )
