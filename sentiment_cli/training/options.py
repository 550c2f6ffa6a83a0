"""What decides a fit: everything that, with the same rows, gives the same model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Options:
    """`tfidf` are keyword arguments of scikit-learn's TfidfVectorizer; `C` is the logistic regression's inverse
    strength of regularisation (above 0); `test_size` (above 0, below 1) is the part of the rows kept aside, which
    `seed` chooses."""

    tfidf: Mapping[str, Any]
    C: float = 1.0
    test_size: float = 0.2
    seed: int = 0
