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
        first, behind, get, plus, zero = "", None, self.get, self._plus, self._zero
        for term, entry in terms:
            one, blank, other = str.partition(term, " ")
            if not blank:
                self._new(one, entry if low == 1 else zero)
            elif high == 2:
                if one != first or behind is None:  # mostly they come in a row
                    first, behind = one, (get(one) or self._new(one, zero))[2]
                word, alone, _ = get(other) or self._new(other, zero)
                behind[word] = plus(entry, alone)
                if alone is zero:
                    too_early.append((behind, word))
        for behind, word in too_early:
            behind[word] = plus(behind[word], self._words[word][1])

    def _new(self, word: str, alone: E) -> Word[E]:
        """The string, the pairs and what holds them are made at once and have one size: they become neighbours in
        memory, where one does not have to be waited for after another."""
        met = self.get(word)
        word = met[0] if met else f"{word} "[:-1]
        self._words[word] = made = (word, alone, met[2] if met else {})
        return made
