"""A random part of the rows with every class in proportion, the same whatever order the rows are in."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def draw(texts: Sequence[str], labels: NDArray[np.int8], limit: int, seed: int) -> NDArray[np.intp]:
    """Indices of at most `limit` rows, in an order that depends on the rows and the seed alone.

    Each row's place is a keyed hash of its text, so a file sorted by label or by date gives the same part as the same
    file shuffled; copies of a text have places of their own.
    """
    import numpy as np

    key = str(seed).encode()[:64]
    digests = b"".join(blake2b(text.encode(), digest_size=8, key=key).digest() for text in texts)
    places = _apart(np.frombuffer(digests, dtype="<u8").astype(np.uint64), labels)
    taken = []
    for label, share in enumerate(shares(np.bincount(labels).tolist(), limit)):
        rows = np.flatnonzero(labels == label)
        taken.append(rows[np.argsort(places[rows], kind="stable")[:share]])
    drawn = np.concatenate(taken)
    return drawn[np.lexsort((labels[drawn], places[drawn]))]


def shares(counts: Sequence[int], limit: int) -> list[int]:
    """How many rows of each class make up `limit` rows in proportion; the largest remainders get the rows left over."""
    total = sum(counts)
    if limit >= total:
        return list(counts)
    exact = [count * limit / total for count in counts]
    given = [int(share) for share in exact]
    order = sorted(range(len(counts)), key=lambda i: (given[i] - exact[i], i))
    for i in order[: limit - sum(given)]:
        given[i] += 1
    return given


def _apart(places: NDArray[np.uint64], labels: NDArray[np.int8]) -> NDArray[np.uint64]:
    """New places in which the copies of a row differ: the n-th copy's is drawn from the old place, the label and n."""
    import numpy as np

    order = np.lexsort((labels, places))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(places[order]) != 0) | (np.diff(labels[order]) != 0)
    starts = np.flatnonzero(fresh)
    nth = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    apart = places + labels.astype(np.uint64)
    apart[order] += nth.astype(np.uint64) << np.uint64(8)
    return _mixed(apart)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64: a permutation of 64-bit numbers in which neighbours land far apart."""
    import numpy as np

    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
