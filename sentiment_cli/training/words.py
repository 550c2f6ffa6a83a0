"""Texts as integers: which words they hold, numbered by first occurrence, whatever process read them."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment_cli.events import Emit, Progress
from sentiment_cli.training.processes import in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 20_000  # rows read at a time: a megabyte or two on the way between processes
_PARTS = 4
_WORTH_PARTS = 5 * CHUNK

Chunk = tuple[list[str], bytes, bytes]


@dataclass(frozen=True)
class Part:
    """Consecutive rows: the numbers of their words one after the other, and how many words each row has."""

    ids: NDArray[np.int32]
    lengths: NDArray[np.int32]

    @property
    def rows(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True)
class Corpus:
    """All rows in a few parts. How many parts depends on the rows alone, for sums over parts must not depend on
    the machine. `words[i]` is the word numbered i."""

    words: list[str]
    parts: list[Part]


def read_words(texts: Sequence[str], split: Callable[[str], Sequence[str]], processes: int, emit: Emit) -> Corpus:
    """The words that `split` finds in `texts`."""
    starts = range(0, len(texts), CHUNK)
    parts = min(_PARTS, len(starts)) if len(texts) >= _WORTH_PARTS else 1
    chunks_of_part = [len(each) for each in np.array_split(starts, parts)]
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    global_ids = [array("i") for _ in range(processes)]
    ids, lengths = [], []

    def prepare() -> Callable[[int], Chunk]:
        reader = _Reader(split)
        return lambda number: reader.read(texts[starts[number] : starts[number] + CHUNK])

    with closing(in_order(prepare, len(starts), processes)) as chunks:
        for number, (fresh, chunk_ids, chunk_lengths) in enumerate(chunks):
            known = global_ids[number % processes]
            known.extend(map(numbers.__getitem__, fresh))
            ids.append(np.frombuffer(known, np.int32)[np.frombuffer(chunk_ids, np.int32)])
            lengths.append(np.frombuffer(chunk_lengths, np.int32))
            emit(Progress("Reading words", min(starts[number] + CHUNK, len(texts)), len(texts), "rows"))
    return Corpus(list(numbers), _joined(ids, lengths, chunks_of_part))


def _joined(ids: list[Any], lengths: list[Any], chunks_of_part: Sequence[int]) -> list[Part]:
    parts = []
    for count in chunks_of_part:
        parts.append(Part(np.concatenate(ids[:count]), np.concatenate(lengths[:count])))
        del ids[:count], lengths[:count]
    return parts


class _Reader:
    """Numbers the words it meets, in one process, by first occurrence there."""

    def __init__(self, split: Callable[[str], Sequence[str]]) -> None:
        self.split = split
        self.numbers: defaultdict[str, int] = defaultdict()
        self.numbers.default_factory = self.numbers.__len__

    def read(self, texts: Sequence[str]) -> Chunk:
        """(words not met before, numbers of all words, number of words in each text)"""
        before = len(self.numbers)
        ids, lengths = array("i"), array("i")
        split, number_of = self.split, self.numbers.__getitem__
        for text in texts:
            words = split(text)
            ids.extend(map(number_of, words))
            lengths.append(len(words))
        fresh = list(islice(reversed(self.numbers), len(self.numbers) - before))
        return fresh[::-1], ids.tobytes(), lengths.tobytes()
