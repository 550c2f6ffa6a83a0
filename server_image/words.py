"""Words and pairs of words, looked up in a few steps a word; it refuses longer runs and terms that hold blanks.

Loops over words run inside map, chain and zip, which is what makes it fast.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from operator import sub
from typing import Any, Generic

from server_image.entries import E, Kind, Repeats
from server_image.terms import preprocessor, tokenizer
from server_image.word_table import Word, WordTable

_REMEMBERED = 16_384  # pieces of text,
_LENGTH = 32  # none of them longer than this
_get: Callable[..., Any] = dict.get


class Words(Generic[E]):
    """For words and pairs of words, none of which hold a blank: a table of words, and for each one of words behind it.

    A pair is found by its second word, so that no string is made and hashed for it, and with what that word adds alone,
    so that each word of a text takes one step. What stands between two blanks is cut into words once, and remembered
    for a while.
    """

    def __init__(self, options: Mapping[str, Any], table: WordTable[E], kind: Kind[E], repeats: Repeats[E]) -> None:
        self._kind, self._repeats = kind, repeats
        self._clean = preprocessor(options["lowercase"], options["strip_accents"])
        self._tokens = tokenizer(options["token_pattern"], options["stop_words"])
        self._table = table
        self._start = self._table.none("")
        self._cut = _Remembered(self._cut_piece).__getitem__

    def entry(self, term: str) -> E:
        first, blank, second = term.partition(" ")
        _, alone, behind = self._word(first)
        return self._pair(behind, second) if blank else alone

    def entries(self, text: str) -> Iterable[E]:
        found: list[Any] = [*self._start]
        found += chain.from_iterable(map(self._cut, self._clean(text).split()))
        words, alone = found[3::3], found[4::3]
        steps: Iterable[E] = map(_get, found[2::3], words, alone)
        again = len(words) - len(set(words))
        if not again:
            return steps
        return chain(steps, (self._one_again(words, alone),)) if again == 1 else self._once(words, alone, [*steps])

    def _one_again(self, words: Sequence[str], alone: Sequence[E]) -> E:
        """What the one word adds that comes twice, beyond what it adds each time; no pair can."""
        seen: set[str] = set()
        for word, entry in zip(words, alone, strict=True):
            if word in seen:
                return self._repeats.beyond_two(entry)
            seen.add(word)
        return self._kind.zero

    def _once(self, words: Sequence[str], alone: Sequence[E], steps: list[E]) -> list[E]:
        """`steps` with each word and pair in it once, and what those add beyond that which come more often."""
        seen: set[str] = set()
        add, minus, beyond_one = seen.add, self._kind.minus, self._repeats.beyond_one
        again = [place for place, word in enumerate(words) if word in seen or add(word)]
        counts: dict[str, int] = {}
        adds: dict[str, E] = {}
        for place in again:
            word, entry = words[place], alone[place]
            steps[place] = minus(steps[place], entry)
            counts[word], adds[word] = counts.get(word, 1) + 1, entry
        steps += map(beyond_one, adds.values(), counts.values())
        # A pair can only come again where two words in a row do.
        if 1 in map(sub, again[1:], again):
            self._pairs_once({(words[place - 1], words[place]) for place in again}, words, steps)
        return steps

    def _pairs_once(self, maybe: Collection[tuple[str, str]], words: Sequence[str], steps: list[E]) -> None:
        counts: dict[tuple[str, str], int] = {}
        for place, pair in enumerate(pairwise(words), 1):
            if pair in maybe:
                counts[pair] = counts.get(pair, 0) + 1
                if counts[pair] > 1:
                    steps[place] = self._kind.zero
        repeated = ((pair, count) for pair, count in counts.items() if count > 1)
        steps += [self._repeats.beyond_one(self.entry(" ".join(pair)), count) for pair, count in repeated]

    def _pair(self, behind: Mapping[str, E], second: str) -> E:
        alone = self._word(second)[1]
        return self._kind.minus(behind.get(second, alone), alone)

    def _cut_piece(self, piece: str) -> tuple[Any, ...]:
        found = [*map(self._word, self._tokens(piece))]
        return found[0] if len(found) == 1 else (*chain.from_iterable(found),)

    def _word(self, word: str) -> Word[E]:
        return self._table.get(word) or self._table.none(word)


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
            # Where the piece is the word, it is that very string: fewer places in memory to go to.
            self[made[0] if made and made[0] == key else key] = made
        return made
