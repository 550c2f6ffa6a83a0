"""A model's terms as scorer.json lists them; it holds no numbers and looks nothing up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server_image.packed import Positions, Strings


class WordPairs:
    """Terms of one word, and pairs of words told by the positions of both: no pair has to be made and cut again.

    The first `alone` of the `words` are terms; `behind` has for each word those that make a term as its second. The
    model's numbers are in this order. Raises TypeError or ValueError.
    """

    def __init__(self, words: Sequence[str], alone: int, behind: Sequence[Sequence[int]]) -> None:
        self.words: Iterable[str] = Strings(words)
        self.alone = alone
        self.behind = Positions(behind, len(words))
        if len(behind) != len(words) or not 0 <= alone <= len(words):
            raise ValueError("the scorer's words and pairs do not fit each other")

    def __len__(self) -> int:
        return self.alone + self.behind.total()


def listed(terms: Any) -> Strings | WordPairs:
    """For what JSON made of them: any terms, or words and their pairs. Raises TypeError, KeyError or ValueError."""
    if isinstance(terms, Mapping):
        return WordPairs(terms["words"], terms["alone"], terms["behind"])
    return Strings(terms)
