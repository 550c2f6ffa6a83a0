"""The TF-IDF matrix in a few parts of consecutive rows, multiplied by several threads with sums in a fixed order."""

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


class Matrix:
    """`parts` are sparse matrices of the same columns that make one matrix when stacked."""

    def __init__(self, parts: Sequence[Any], executor: Executor) -> None:
        self.parts = parts
        self.executor = executor
        self.ends = np.cumsum([part.shape[0] for part in parts])
        self.shape = (int(self.ends[-1]), int(parts[0].shape[1]))

    def times(self, columns: Floats) -> Floats:
        """The matrix times a vector or a matrix."""
        return np.concatenate(list(self.executor.map(lambda part: part @ columns, self.parts)))

    def transposed_times(self, rows: Floats) -> Floats:
        """The transposed matrix times a vector or a matrix."""
        slices = np.split(rows, self.ends[:-1])
        products = self.executor.map(lambda part, piece: part.T @ piece, self.parts, slices)
        total: Floats = next(products)
        for product in products:
            total += product
        return total


def tfidf(levels: Sequence[Level], terms: Terms, idf: Floats | None, options: Any, executor: Executor) -> Matrix:
    """The matrix that a TfidfVectorizer with `options` makes, columns as in `terms`; `idf` is by number of the term.

    Uses up the parts of `levels`: each is let go as soon as it is in the matrix.
    """
    weights = None if idf is None else idf[terms.numbers]
    counts = [[level.parts[i] for level in levels] for i in range(len(levels[0].parts))]
    for level in levels:
        level.parts.clear()

    def part(index: int) -> Any:
        mine, counts[index] = counts[index], []
        return _weighed(*_joined(mine, terms.keys), weights, options)

    return Matrix(list(executor.map(part, range(len(counts)))), executor)


def _joined(counts: list[Counts], keys: Sequence[NDArray[np.int64]]) -> tuple[int, Any, Any, Any]:
    """(number of rows, how many entries each column has, their rows, how many times the term stands there)"""
    sizes, rows, times = [], [], []
    row_count = counts[0].row_count
    for kept in keys:
        level = counts.pop(0)
        at = np.searchsorted(kept, level.keys)
        found = np.append(kept, -1)[at] == level.keys
        size = np.zeros(len(kept), dtype=np.int64)
        size[at[found]] = level.rows_with[found]
        entries = np.repeat(found, level.rows_with)
        sizes.append(size)
        rows.append(level.rows[entries])
        times.append(level.times[entries])
    return row_count, np.concatenate(sizes), np.concatenate(rows), np.concatenate(times)


def _weighed(row_count: int, sizes: Any, rows: Any, times: Any, weights: Floats | None, options: Any) -> Any:
    from scipy.sparse import csc_array

    values = np.ones(len(rows))
    if not options.binary:
        several = times > 1
        values[several] = 1 + np.log(times[several]) if options.sublinear_tf else times[several]
    if weights is not None:
        values *= np.repeat(weights, sizes)
    if options.norm is not None:
        norms = np.bincount(rows, np.abs(values) if options.norm == "l1" else values * values, row_count)
        norms = norms if options.norm == "l1" else np.sqrt(norms)
        values /= norms[rows]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    small = starts[-1] <= np.iinfo(np.int32).max
    return csc_array((values, rows, starts.astype(np.int32) if small else starts), shape=(row_count, len(sizes)))
