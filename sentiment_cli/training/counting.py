"""How often which n-gram stands in which row, in integers alone; strings are made of survivors only, elsewhere.

An n-gram is a number made of the number of its beginning (the n-gram without its last word) and of its last word, so a
sort brings equal ones together. An n-gram is in at most as many rows as its beginning and its last word are, so what
stays below min_df need not be looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sentiment_cli.training.words import Corpus, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """The n-grams of one part of `row_count` rows: `keys` ascending, in how many `rows_with` each is, and for each of
    these, one n-gram after the other, the number of the row (from 0 in each part) and how many `times` it is there."""

    row_count: int
    keys: Ints
    rows_with: Ints
    rows: NDArray[np.int32]
    times: NDArray[np.integer]

    def places_in(self, chosen: Ints) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """For each key its place in `chosen` (ascending), and whether it really is there."""
        at = np.searchsorted(chosen, self.keys)
        return at, np.append(chosen, -1)[at] == self.keys


@dataclass(frozen=True)
class Level:
    """All n-grams of one length: in every part, and in sum for those in at least as many rows as asked for.

    `frequent` are the keys of those, ascending, and `rows_with` says in how many rows each is. `terms` makes strings of
    positions in `frequent`.
    """

    parts: list[Counts]
    frequent: Ints
    rows_with: Ints
    terms: Callable[[NDArray[np.intp]], list[str]]

    def occurrences(self) -> Ints:
        """How often each frequent n-gram occurs, repetitions in a row included."""
        total = np.zeros(len(self.frequent), dtype=np.int64)
        for part in self.parts:
            at, found = part.places_in(self.frequent)
            starts = np.cumsum(part.rows_with) - part.rows_with
            total[at[found]] += np.add.reduceat(part.times, starts, dtype=np.int64)[found]
        return total


def count(corpus: Corpus, longest: int, least: float, executor: Executor) -> list[Level]:
    """The n-grams of 1, 2, ... `longest` words; `least` is the smallest number of rows that makes one frequent.

    Uses up the corpus' parts.
    """
    levels = [_words(corpus, least, executor)]
    if longest == 1:
        return levels
    rank, alphabet = _alphabetical(corpus.words, levels[0].frequent)
    runs = list(executor.map(lambda part: _Runs.of(part, rank, len(alphabet)), corpus.parts))
    corpus.parts.clear()
    beginnings = alphabet
    while True:
        level = _longer(runs, beginnings, alphabet, least, executor)
        levels.append(level)
        if len(levels) == longest:
            return levels
        runs = list(executor.map(partial(_Runs.extended, frequent=level.frequent), runs))
        beginnings = level.terms(np.arange(len(level.frequent)))


def _words(corpus: Corpus, least: float, executor: Executor) -> Level:
    parts = list(executor.map(lambda part: tally(part.ids, _row_numbers(part), part.rows), corpus.parts))
    keys, rows_with = _frequent(parts, least)
    words = corpus.words
    return Level(parts, keys, rows_with, lambda positions: [words[i] for i in keys[positions].tolist()])


def _longer(
    runs: Sequence[_Runs], beginnings: Sequence[str], alphabet: Sequence[str], least: float, executor: Executor
) -> Level:
    parts = list(executor.map(_Runs.tally, runs))
    keys, rows_with = _frequent(parts, least)

    def terms(positions: NDArray[np.intp]) -> list[str]:
        first, last = np.divmod(keys[positions], max(1, len(alphabet)))
        return [f"{beginnings[i]} {alphabet[j]}" for i, j in zip(first.tolist(), last.tolist(), strict=True)]

    return Level(parts, keys, rows_with, terms)


def _alphabetical(words: Sequence[str], frequent: Ints) -> tuple[NDArray[np.int32], list[str]]:
    """(for each word its place among the frequent ones in alphabetical order, or -1; these in that order)"""
    order = sorted(frequent.tolist(), key=words.__getitem__)
    rank = np.full(len(words), -1, dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank, [words[i] for i in order]


def _row_numbers(part: Part) -> NDArray[np.int32]:
    return np.repeat(np.arange(part.rows, dtype=np.int32), part.lengths)


@dataclass(frozen=True)
class _Runs:
    """One part on the way to longer n-grams: for each place in the text its row, the rank of its word (of `words`), and
    the number of the frequent n-gram of `length` words that begins there; -1 stands for none."""

    row_count: int
    words: int
    rows: NDArray[np.int32]
    ranks: NDArray[np.int32]
    begins: NDArray[np.int32]
    length: int = 1

    @classmethod
    def of(cls, part: Part, rank: NDArray[np.int32], words: int) -> _Runs:
        ranks = rank[part.ids]
        return cls(part.rows, words, _row_numbers(part), ranks, ranks)

    def tally(self) -> Counts:
        """The n-grams one word longer."""
        places, keys = self._longer()
        return tally(keys, self.rows[places], self.row_count)

    def extended(self, frequent: Ints) -> _Runs:
        """The same for n-grams one word longer; `frequent` are their keys."""
        places, keys = self._longer()
        at = np.searchsorted(frequent, keys)
        found = np.append(frequent, -1)[at] == keys
        begins = np.full(len(self.begins), -1, dtype=np.int32)
        begins[places[found]] = at[found]
        return replace(self, begins=begins, length=self.length + 1)

    def _longer(self) -> tuple[NDArray[np.intp], Ints]:
        """Where n-grams one word longer may begin, and their keys."""
        n = self.length
        fits = (self.begins[:-n] >= 0) & (self.ranks[n:] >= 0) & (self.rows[:-n] == self.rows[n:])
        places = np.flatnonzero(fits)
        return places, self.begins[places].astype(np.int64) * self.words + self.ranks[places + n]


def tally(keys: NDArray[np.integer], rows: NDArray[np.int32], row_count: int) -> Counts:
    """Count equal (key, row) pairs; `row_count` is above every row number."""
    bits = int(row_count).bit_length()
    if int(keys.max(initial=0)) >> (63 - bits):  # too large to share 64 bits with a row number
        distinct, places = np.unique(keys, return_inverse=True)
        counts = tally(places, rows, row_count)
        return replace(counts, keys=distinct[counts.keys])
    pairs = keys.astype(np.int64)
    pairs <<= bits
    pairs |= rows
    pairs.sort()
    starts = _starts(pairs)
    times = np.diff(starts, append=len(pairs))
    times = times.astype(np.min_scalar_type(times.max(initial=0)))  # a byte, but for the longest of texts
    pairs = pairs[starts]
    rows = (pairs & ((1 << bits) - 1)).astype(np.int32)
    pairs >>= bits
    starts = _starts(pairs)
    return Counts(row_count, pairs[starts], np.diff(starts, append=len(pairs)), rows, times)


def _starts(ordered: Ints) -> NDArray[np.intp]:
    """Where a new value begins."""
    fresh = np.empty(len(ordered), dtype=bool)
    fresh[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return np.flatnonzero(fresh)


def _frequent(parts: Sequence[Counts], least: float) -> tuple[Ints, Ints]:
    """(keys, rows with them) of what is in at least `least` rows of all parts together."""
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys, kind="stable")  # runs in order already: merging them is all there is to do
    keys = keys[order]
    starts = _starts(keys)
    rows_with = np.concatenate([part.rows_with for part in parts])[order]
    rows_with = np.add.reduceat(rows_with, starts) if len(starts) else rows_with
    frequent = rows_with >= least
    return keys[starts[frequent]], rows_with[frequent]
