"""A model's terms in scorer.json."""

from __future__ import annotations

from typing import Any

import pytest

from sentiment_cli.listing import list_terms
from sentiment_cli.project import TOKEN_PATTERN

TERMS = ["bad", "bad day", "day", "good", "good day", "not good", "good night"]
RARITY = [3.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0]


def options(low: int, high: int, **more: Any) -> dict[str, Any]:
    return {"analyzer": "word", "ngram_range": [low, high], "token_pattern": TOKEN_PATTERN, **more}


def spelt(listed: dict[str, Any]) -> list[str]:
    words = listed["words"]
    pairs = [f"{words[one]} {words[two]}" for one, seconds in enumerate(listed["behind"]) for two in seconds]
    return [*words[: listed["alone"]], *pairs]


def test_common_words_come_first_and_pairs_are_told_by_positions() -> None:
    listed, columns = list_terms(TERMS, options(1, 2), RARITY)
    assert listed["words"] == ["good", "day", "bad", "not", "night"]
    assert listed["alone"] == 3  # "not" and "night" are in pairs only
    assert listed["behind"] == [[1, 4], [], [1], [0], []]
    assert [TERMS[column] for column in columns] == spelt(listed)
    assert sorted(columns) == [*range(len(TERMS))]


@pytest.mark.parametrize(
    ("low", "high", "left"),
    [(1, 1, ["good", "day", "bad"]), (2, 2, ["bad day", "good day", "good night", "not good"])],
)
def test_what_no_text_can_yield_is_left_out(low: int, high: int, left: list[str]) -> None:
    listed, columns = list_terms(
        [*TERMS, "one two three", " good", "good ", "a  b"], options(low, high), [*RARITY, *[1] * 4]
    )
    assert spelt(listed) == [TERMS[column] for column in columns] == left


@pytest.mark.parametrize("more", [{"analyzer": "char"}, {"token_pattern": r"\S+"}, {"ngram_range": [1, 3]}])
def test_other_terms_stay_as_they_are(more: dict[str, Any]) -> None:
    assert list_terms(TERMS, options(1, 2, **more), RARITY) == (TERMS, [*range(len(TERMS))])
