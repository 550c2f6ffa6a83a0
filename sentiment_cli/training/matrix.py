"""The TF-IDF matrix of counted texts, in a few parts of consecutive rows; columns are terms."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment_cli.training.counting import Counts, Level
from sentiment_cli.training.terms import Terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def tfidf(levels: Sequence[Level], terms: Terms, idf: Floats | None, options: Any, executor: Executor) -> list[Any]:
    """The matrix that a TfidfVectorizer with `options` makes, columns as in `terms`; `idf` is by number of the term.

    The parts are sparse matrices by column, which multiply fastest: what is looked up at random is one number a row,
    and those of a part fit the processor's cache. Uses up the parts of `levels`, as there is no room for both.
    """
    weights = np.ones(len(terms.strings)) if idf is None else idf
    weights = weights[terms.numbers]
    counts = [[level.parts[i] for level in levels] for i in range(len(levels[0].parts))]
    for level in levels:
        level.parts.clear()

    def part(index: int) -> Any:
        mine, counts[index] = counts[index], []
        return _part(mine, terms.keys, weights, options)

    return list(executor.map(part, range(len(counts))))


def _part(counts: list[Counts], keys: Sequence[NDArray[np.int64]], weights: Floats, options: Any) -> Any:
    from scipy.sparse import csc_array

    row_count = counts[0].row_count
    sizes = [_sizes(level, kept) for level, kept in zip(counts, keys, strict=True)]
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    rows, values = np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1])
    norms = np.zeros(row_count)
    spans = []
    column = 0
    for kept, size in zip(keys, sizes, strict=True):
        span = slice(starts[column], starts[column + len(kept)])
        rows[span], values[span] = _entries(counts.pop(0), kept, options)
        values[span] *= np.repeat(weights[column : column + len(kept)], size)
        norms += _norms(rows[span], values[span], options.norm, row_count)
        spans.append(span)
        column += len(kept)
    if options.norm == "l2":
        np.sqrt(norms, out=norms)
    for span in spans if options.norm else ():
        values[span] /= norms[rows[span]]
    small = starts[-1] <= np.iinfo(np.int32).max
    return csc_array((values, rows, starts.astype(np.int32) if small else starts), shape=(row_count, column))


def _sizes(counts: Counts, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """In how many rows each of the `kept` keys is."""
    at, found = counts.places_in(kept)
    sizes = np.zeros(len(kept), dtype=np.int64)
    sizes[at[found]] = counts.rows_with[found]
    return sizes


def _entries(counts: Counts, kept: NDArray[np.int64], options: Any) -> tuple[NDArray[np.int32], Floats]:
    """(rows, term frequencies) of the `kept` keys, one key after the other."""
    _, found = counts.places_in(kept)
    entries = np.repeat(found, counts.rows_with)
    times = counts.times[entries]
    frequencies = np.ones(len(times))
    if not options.binary:
        several = times > 1
        often = times[several].astype(np.float64)
        frequencies[several] = 1 + np.log(often) if options.sublinear_tf else often
    return counts.rows[entries], frequencies


def _norms(rows: NDArray[np.int32], values: Floats, norm: str | None, row_count: int) -> Floats | float:
    """Each row's sum of what its norm is made of."""
    if norm is None:
        return 0.0
    weights = np.abs(values) if norm == "l1" else values * values
    # bincount of float weights is float64 already; numpy's types do not say so
    return np.asarray(np.bincount(rows, weights, row_count), dtype=np.float64)
