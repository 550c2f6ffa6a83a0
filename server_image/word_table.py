"""A model's words as they are met among its terms: each is one string, and knows what pairs with it add."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic

from server_image.entries import E, Kind

Word = tuple[str, E, dict[str, E]]
"""A word, what it adds alone, and what pairs with it add by their second words, together with those words alone."""


class WordTable(Generic[E]):
    """Made of all terms with their entries, of which those of `low` to `high` words count (1 or 2)."""

    def __init__(self, terms: Iterable[tuple[str, E]], kind: Kind[E], low: int, high: int) -> None:
        self._zero, self._plus = kind.zero, kind.plus
        self._no_pairs: dict[str, E] = {}
        self._words: dict[str, Word[E]] = {}
        self.get = self._words.get
        self._add(terms, low, high)

    def none(self, word: str) -> Word[E]:
        """A word that adds nothing."""
        return word, self._zero, self._no_pairs

    def _add(self, terms: Iterable[tuple[str, E]], low: int, high: int) -> None:
        too_early: list[tuple[dict[str, E], str]] = []  # pairs whose second word was not met yet, if it comes at all
        first, behind, get, plus, zero = "", self._no_pairs, self.get, self._plus, self._zero
        for term, entry in terms:
            one, blank, other = str.partition(term, " ")
            if not blank:
                word, _, pairs = get(one) or self._new(one)
                self._words[word] = (word, entry if low == 1 else zero, pairs)
            elif high == 2:
                if one != first or behind is self._no_pairs:  # mostly they come in a row
                    first, behind = one, self._behind(one)
                word, alone, _ = get(other) or self._new(other)
                behind[word] = plus(entry, alone)
                if alone is zero:
                    too_early.append((behind, word))
        for behind, word in too_early:
            behind[word] = plus(behind[word], self._words[word][1])

    def _new(self, word: str) -> Word[E]:
        return self._words.setdefault(word, self.none(word))

    def _behind(self, word: str) -> dict[str, E]:
        word, alone, pairs = self.get(word) or self._new(word)
        if pairs is self._no_pairs:
            pairs = {}
            self._words[word] = (word, alone, pairs)
        return pairs
