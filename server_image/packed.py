"""Many strings, lists or numbers as a few large objects.

Small ones, if many of them go again, leave memory that is not given back wherever one of them stays.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain

_TOGETHER = 1024


class Strings:
    """A sequence of strings that makes each of them anew when it is asked for. Raises TypeError for what is none."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._length = len(strings)
        self._parts = [_packed(strings[first : first + _TOGETHER]) for first in range(0, len(strings), _TOGETHER)]

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(_unpacked, self._parts))


def _packed(strings: Sequence[str]) -> str | list[str]:
    packed = "\n".join(strings)
    return packed if packed.count("\n") == len(strings) - 1 else list(strings)


def _unpacked(strings: str | list[str]) -> list[str]:
    return strings.split("\n") if isinstance(strings, str) else strings


class Positions:
    """A sequence of short lists of positions from 0 to below `end`. Raises TypeError or ValueError for what is none."""

    def __init__(self, lists: Sequence[Sequence[int]], end: int) -> None:
        self._lengths = array("I", map(len, lists))
        try:
            self._all = array("I", chain.from_iterable(lists))
        except OverflowError:
            raise ValueError("a position is below zero, or far too large") from None
        if max(self._all, default=-1) >= end:
            raise ValueError("a position is beyond the end")

    def total(self) -> int:
        """The length of all lists together."""
        return len(self._all)

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[Sequence[int]]:
        ends = accumulate(self._lengths)
        return (self._all[end - length : end] for length, end in zip(self._lengths, ends, strict=True))


def numbers(values: Sequence[float]) -> array[float]:
    """Raises TypeError for what is no number."""
    return array("d", values)
