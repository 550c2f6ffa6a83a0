"""What the terms of a text add, looked up in a model's terms; it knows no norm, no classes and no labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Generic

from server_image.entries import E, Kind, Repeats
from server_image.listed import WordPairs
from server_image.packed import Strings
from server_image.terms import Analyze, analyzer, is_within_blanks
from server_image.word_table import WordTable
from server_image.words import Words


def by_words(options: Mapping[str, Any]) -> bool:
    """Whether the terms can be listed as words and pairs of words, and be looked up so."""
    within = options["analyzer"] == "word" and is_within_blanks(options["token_pattern"])
    return within and options["ngram_range"][1] <= 2


def vocabulary(
    options: Mapping[str, Any], terms: Strings | WordPairs, entries: Iterable[E], kind: Kind[E]
) -> Words[E] | Terms[E]:
    """For `options` as the compiler writes them; `entries` are those of the terms. Raises ValueError."""
    repeats = Repeats(options, kind)
    if isinstance(terms, Strings):
        return Terms(analyzer(options), dict(zip(terms, entries, strict=True)), kind, repeats)
    if not by_words(options):
        raise ValueError("the scorer lists words and pairs, which are not what its options cut a text into")
    return Words(options, WordTable(terms, entries, kind), kind, repeats)


class Terms(Generic[E]):
    """For any terms: one table."""

    def __init__(self, analyze: Analyze, table: Mapping[str, E], kind: Kind[E], repeats: Repeats[E]) -> None:
        self._analyze, self._table, self._zero = analyze, table, kind.zero
        self._beyond_one = repeats.beyond_one

    def entry(self, term: str) -> E:
        """What the term adds if it comes once."""
        return self._table.get(term, self._zero)

    def entries(self, text: str) -> Iterable[E]:
        """What the terms of the text add: it is their sum that counts."""
        table = self._table
        known = [*filter(table.__contains__, self._analyze(text))]
        if len(set(known)) == len(known):
            return map(table.__getitem__, known)
        counts = Counter(known)
        repeated = [self._beyond_one(table[term], count) for term, count in counts.items() if count > 1]
        return chain(map(table.__getitem__, counts), repeated)
