"""What a term adds to the norm and to each decision value, as one object; it knows neither words nor texts.

With one row of weights an entry is a complex number, its real part for the norm and its imaginary one for the decision:
one small object takes a third of the memory of a tuple of floats, and less time. With several rows it is such a tuple.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import log
from typing import Any, Generic, Protocol, TypeVar

E = TypeVar("E")


class Kind(Protocol[E]):
    """How entries are made."""

    zero: E

    def make(self, to_norm: Iterable[float], rows: Sequence[Iterable[float]]) -> Iterable[E]:
        """An entry for each term, from what the terms add to the norm and to each row."""

    def total(self, entries: Iterable[E]) -> E:
        """What all of them add."""

    def scaled(self, entry: E, norm: float, rest: float) -> E:
        """The part for the norm times `norm`, all others times `rest`."""

    def plus(self, one: E, other: E) -> E:
        """What both add."""

    def minus(self, one: E, other: E) -> E:
        """What the one adds beyond the other."""

    def parts(self, entry: E) -> tuple[float, ...]:
        """What it adds to the norm, then what to each row."""


class Single:
    """Entries for one row of weights."""

    zero = 0j
    plus = staticmethod(operator.add)
    minus = staticmethod(operator.sub)

    def make(self, to_norm: Iterable[float], rows: Sequence[Iterable[float]]) -> Iterable[complex]:
        return map(complex, to_norm, rows[0])

    def total(self, entries: Iterable[complex]) -> complex:
        return sum(entries, self.zero)

    def scaled(self, entry: complex, norm: float, rest: float) -> complex:
        return complex(entry.real * norm, entry.imag * rest)

    def parts(self, entry: complex) -> tuple[float, ...]:
        return entry.real, entry.imag


class Several:
    """Entries for a row of weights a class."""

    def __init__(self, rows: int) -> None:
        self.zero: tuple[float, ...] = (0.0,) * (1 + rows)

    def plus(self, one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(map(operator.add, one, other))

    def minus(self, one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(map(operator.sub, one, other))

    def make(self, to_norm: Iterable[float], rows: Sequence[Iterable[float]]) -> Iterable[tuple[float, ...]]:
        return zip(to_norm, *rows, strict=True)

    def total(self, entries: Iterable[tuple[float, ...]]) -> tuple[float, ...]:
        return tuple(map(sum, zip(self.zero, *entries, strict=True)))

    def scaled(self, entry: tuple[float, ...], norm: float, rest: float) -> tuple[float, ...]:
        return (entry[0] * norm, *[part * rest for part in entry[1:]])

    def parts(self, entry: tuple[float, ...]) -> tuple[float, ...]:
        return entry


class Repeats(Generic[E]):
    """What a term adds that comes more than once."""

    def __init__(self, options: Mapping[str, Any], kind: Kind[E]) -> None:
        self._kind = kind
        weight, power = _weight(options), 2 if options["norm"] == "l2" else 1
        self._factors = lru_cache(maxsize=256)(lambda count: (weight(count) ** power, weight(count)))
        self._two = (weight(2) ** power - 2.0, weight(2) - 2.0)

    def times(self, entry: E, count: int) -> E:
        """What a term adds that comes so often; `entry` is what it adds if it comes once."""
        return self._kind.scaled(entry, *self._factors(count))

    def beyond_one(self, entry: E, count: int) -> E:
        """The same without `entry`."""
        norm, rest = self._factors(count)
        return self._kind.scaled(entry, norm - 1.0, rest - 1.0)

    def beyond_two(self, entry: E) -> E:
        """What a term adds that comes twice, without `entry` for either time."""
        return self._kind.scaled(entry, *self._two)


def _weight(options: Mapping[str, Any]) -> Callable[[int], float]:
    if options["binary"]:
        return lambda _count: 1.0
    return (lambda count: 1.0 + log(count)) if options["sublinear_tf"] else float
