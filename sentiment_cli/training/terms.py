"""Which n-grams make up the vocabulary, and their numbers in it: scikit-learn's rules, to the last tie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment_cli.errors import InputError
from sentiment_cli.training.counting import Level

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Terms:
    """The vocabulary. `strings` are in alphabetical order, `rows_with` says in how many rows each is.

    `keys[i]` are the kept keys of level i, ascending; those of all levels, one after the other, are the columns of
    the matrix, and `numbers[column]` is the place of a column's term in `strings`.
    """

    strings: list[str]
    rows_with: NDArray[np.int64]
    keys: list[NDArray[np.int64]]
    numbers: NDArray[np.intp]


def limits(options: Any, rows: int) -> tuple[float, float]:
    """(fewest, most) rows that a term may be in, for a TfidfVectorizer's `min_df` and `max_df`, of `rows` rows."""
    least = float(options.min_df if isinstance(options.min_df, Integral) else options.min_df * rows)
    most = float(options.max_df if isinstance(options.max_df, Integral) else options.max_df * rows)
    if most < least:
        raise InputError(
            "No word can be in the vocabulary.",
            f"It would have to be in at least {least:g} texts (min_df) and in at most {most:g} (max_df).",
            "Lower `min_df` or raise `max_df` under [model.tfidf].",
            code="empty-vocabulary",
        )
    return least, most


def choose(levels: Sequence[Level], most: float, max_features: int | None, *, binary: bool) -> Terms:
    """Keep what is in at most `most` rows and, of that, the `max_features` terms that occur most often."""
    strings: list[str] = []
    kept, rows_with = [], []
    for level in levels:
        positions = np.flatnonzero(level.rows_with <= most)
        strings += level.terms(positions)
        kept.append(positions)
        rows_with.append(level.rows_with[positions])
    order = np.array(sorted(range(len(strings)), key=strings.__getitem__), dtype=np.intp)
    if max_features is not None and max_features < len(order):
        # Which of equally frequent terms are kept is left to argsort by scikit-learn, so it is called alike here.
        counts = [level.rows_with if binary else level.occurrences() for level in levels]
        often = np.concatenate([count[at] for count, at in zip(counts, kept, strict=True)])[order]
        order = order[np.sort((-often).argsort()[:max_features])]
    if not len(order):
        raise nothing_left()
    numbers = np.full(len(strings), -1, dtype=np.intp)
    numbers[order] = np.arange(len(order))
    ends = np.cumsum([len(positions) for positions in kept])
    in_use = np.split(numbers >= 0, ends[:-1])
    keys = [level.frequent[at[used]] for level, at, used in zip(levels, kept, in_use, strict=True)]
    return Terms([strings[i] for i in order.tolist()], np.concatenate(rows_with)[order], keys, numbers[numbers >= 0])


def nothing_left(why: str = "No word of the texts is left after stop words, min_df and max_df.") -> InputError:
    """What to raise when no term remains."""
    return InputError(
        "The vocabulary is empty.",
        why,
        "Lower `min_df`, raise `max_df`, or change `token_pattern` or `stop_words` under [model.tfidf].",
        code="empty-vocabulary",
    )
