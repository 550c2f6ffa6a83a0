"""What the terms of a text add, looked up in a model's terms; it knows no norm, no classes and no labels.

Loops over terms run inside map, chain and zip, which is what makes it fast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, pairwise, repeat
from operator import sub
from sys import intern
from typing import Any, Generic

from server_image.entries import E, Kind, Repeats
from server_image.terms import Analyze, analyzer, is_within_blanks, preprocessor, tokenizer

_REMEMBERED = 16_384  # pieces of text,
_LENGTH = 32  # none of them longer than this


def vocabulary(options: Mapping[str, Any], terms: Iterable[tuple[str, E]], kind: Kind[E]) -> Words[E] | Terms[E]:
    """The quickest for `options` as the compiler writes them; `terms` are all the terms with their entries."""
    repeats = Repeats(options, kind)
    within = options["analyzer"] == "word" and is_within_blanks(options["token_pattern"])
    if within and options["ngram_range"][1] <= 2:
        return Words(options, terms, kind, repeats)
    return Terms(analyzer(options), dict(terms), kind, repeats)


class Terms(Generic[E]):
    """For any terms: one table."""

    def __init__(self, analyze: Analyze, table: Mapping[str, E], kind: Kind[E], repeats: Repeats[E]) -> None:
        self._analyze, self._table, self._zero = analyze, table, kind.zero
        self._beyond_one = repeats.beyond_one

    def entry(self, term: str) -> E:
        """What the term adds if it comes once."""
        return self._table.get(term, self._zero)

    def entries(self, text: str) -> Sequence[E]:
        """What the terms of the text add: it is their sum that counts."""
        table = self._table
        known = [*filter(table.__contains__, self._analyze(text))]
        if len(set(known)) == len(known):
            return [*map(table.__getitem__, known)]
        counts = Counter(known)
        repeated = [self._beyond_one(table[term], count) for term, count in counts.items() if count > 1]
        return [*map(table.__getitem__, counts), *repeated]


# A word, what it adds alone, and what pairs with it add by their second words.
_Word = tuple[str, E, dict[str, E]]


class Words(Generic[E]):
    """For words and pairs of words, none of which hold a blank: a table of words, and for each one of words behind it.

    A pair is found by its second word, so that no string is made and hashed for it. What stands between two blanks is
    cut into words once, and remembered for a while.
    """

    def __init__(
        self, options: Mapping[str, Any], terms: Iterable[tuple[str, E]], kind: Kind[E], repeats: Repeats[E]
    ) -> None:
        self._zero, self._repeats = kind.zero, repeats
        self._no_pairs: dict[str, E] = {}
        self._clean = preprocessor(options["lowercase"], options["strip_accents"])
        self._tokens = tokenizer(options["token_pattern"], options["stop_words"])
        self._words = self._by_word(terms, *options["ngram_range"])
        self._cut = _Remembered(self._cut_piece).__getitem__

    def entry(self, term: str) -> E:
        first, blank, second = term.partition(" ")
        _, alone, behind = self._word(first)
        return behind.get(second, self._zero) if blank else alone

    def entries(self, text: str) -> Sequence[E]:
        found = [*chain.from_iterable(map(self._cut, self._clean(text).split()))]
        words, alone, behind = found[::3], found[1::3], found[2::3]
        pairs = [*map(dict.get, behind, words[1:], repeat(self._zero))]
        if len(set(words)) < len(words):
            again = self._repeats.settle(words, alone)
            if 1 in map(sub, again[1:], again):  # a pair can only come again where two words in a row do
                self._repeats.settle([*pairwise(words)], pairs)
        return alone + pairs

    def _cut_piece(self, piece: str) -> tuple[Any, ...]:
        return (*chain.from_iterable(map(self._word, self._tokens(piece))),)

    def _word(self, word: str) -> _Word[E]:
        return self._words.get(word) or (word, self._zero, self._no_pairs)

    def _by_word(self, terms: Iterable[tuple[str, E]], low: int, high: int) -> dict[str, _Word[E]]:
        alone: dict[str, E] = {}
        pairs: dict[str, dict[str, E]] = {}
        last, behind = "", self._no_pairs
        for term, entry in terms:
            first, blank, second = str.partition(term, " ")
            if not blank:
                # One string for each word: it is stored once, and the same object is found without comparing.
                alone[intern(term)] = entry if low == 1 else self._zero
            elif high > 1:
                if first != last or not pairs:  # mostly they come in a row
                    last, behind = first, pairs.setdefault(intern(first), {})
                behind[intern(second)] = entry
        words = alone | dict.fromkeys(pairs.keys() - alone.keys(), self._zero)
        return {word: (word, entry, pairs.get(word, self._no_pairs)) for word, entry in words.items()}


class _Remembered(dict[str, tuple[Any, ...]]):
    """What was made of short keys; it forgets everything when it is full."""

    def __init__(self, make: Callable[[str], tuple[Any, ...]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> tuple[Any, ...]:
        made = self._make(key)
        if len(key) <= _LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[key] = made
        return made
