"""A model's words: each is one string, and knows what pairs with it add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from typing import Generic

from server_image.entries import E, Kind
from server_image.listed import WordPairs

Word = tuple[str, E, dict[str, E]]
"""A word, what it adds alone, and what pairs with it add by their second words, together with those words alone."""


class WordTable(Generic[E]):
    """Made of `terms` with their entries. Raises ValueError where a word or a pair comes twice."""

    def __init__(self, terms: WordPairs, entries: Iterable[E], kind: Kind[E]) -> None:
        self._zero, self._no_pairs = kind.zero, dict[str, E]()
        self._words: dict[str, Word[E]] = {}
        self.get = self._words.get
        entries = iter(entries)
        self._add_words(terms, entries)
        self._add_pairs(terms, entries, kind)

    def none(self, word: str) -> Word[E]:
        """A word that adds nothing."""
        return word, self._zero, self._no_pairs

    def _add_words(self, terms: WordPairs, entries: Iterator[E]) -> None:
        alone = chain(islice(entries, terms.alone), repeat(self._zero))
        for word, entry in zip(terms.words, alone, strict=False):
            # The string, the pairs and what holds them are made at once and have one size: they become neighbours in
            # memory, where one does not have to be waited for after another.
            own = f"{word} "[:-1]
            self._words[own] = (own, entry, {})
        if len(self._words) != len(terms.behind):
            raise ValueError("a word comes twice")

    def _add_pairs(self, terms: WordPairs, entries: Iterator[E], kind: Kind[E]) -> None:
        words, alone = [*self._words], [word[1] for word in self._words.values()]
        for (_, _, behind), seconds in zip(self._words.values(), terms.behind, strict=True):
            # Entries are asked for last, so that none is lost at the end of a list.
            adds = map(kind.plus, map(alone.__getitem__, seconds), entries)
            behind.update(zip(map(words.__getitem__, seconds), adds, strict=False))
            if len(behind) != len(seconds):
                raise ValueError("a pair comes twice")
