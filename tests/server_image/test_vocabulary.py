"""The quick way to look terms up is taken where it is exact, and remembers no more than it may."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from sentiment_cli.listing import list_terms
from sentiment_cli.project import TOKEN_PATTERN
from server_image import vocabulary, words
from server_image.entries import Single
from server_image.listed import listed
from server_image.terms import is_within_blanks

OPTIONS = {
    "analyzer": "word", "ngram_range": [1, 2], "lowercase": True, "strip_accents": None, "stop_words": None,
    "token_pattern": TOKEN_PATTERN, "binary": False, "sublinear_tf": False, "norm": None,
}  # fmt: skip
PATTERNS = [TOKEN_PATTERN, CountVectorizer().token_pattern]
PIECES = [
    "a",
    "don't",
    "x",
    ":)",
    ":-",
    "D",
    "'",
    "<3",
    "<",
    "3",
    "@me",
    "@",
    "http://",
    "t.co/x",
    "!?",
    "\u2192",
    "é",
    "_",
]
BLANKS = [" ", "  ", "\t", "\r\n", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u3000"]
texts = st.lists(st.sampled_from(PIECES) | st.sampled_from(BLANKS) | st.characters(), max_size=12).map("".join)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(texts)
def test_the_usual_patterns_find_in_a_text_what_they_find_between_its_blanks(pattern: str, text: str) -> None:
    assert is_within_blanks(pattern)
    find = re.compile(pattern).findall
    assert find(text) == [token for piece in text.split() for token in find(piece)]


def test_no_other_pattern_is_taken_for_one_of_them() -> None:
    assert not any(map(is_within_blanks, [r"\S+\s\S+", r"\w*", r"(?u)\b\w\w+\b|x", ""]))


def test_only_so_many_short_pieces_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_REMEMBERED", 50)
    terms = listed({"words": ["good", "day"], "alone": 1, "behind": [[1], []]})
    looked_up = vocabulary.vocabulary(OPTIONS, terms, [1 + 2j, 3 + 4j], Single())
    assert isinstance(looked_up, words.Words)
    remembered = looked_up._cut.__self__  # type: ignore[attr-defined]
    for number in range(120):
        assert sum(looked_up.entries(f"good day{number} {'x' * 40}{number} good day")) == 1 + 2j + 1 + 2j + 3 + 4j
        assert 0 < len(remembered) <= 50
    assert not any("xx" in piece for piece in remembered)


TERMS = {"a": 1 + 2j, "b": 3 + 5j, "a b": 7 + 11j, "b a": 13 + 17j, "a c": 19 + 23j, "c a": 29 + 31j, "a a": 37 + 41j}
EXPECTED = {
    "": 0j, "a": 1 + 2j, "c": 0j, "a b": 11 + 18j, "b a b": 24 + 35j + 3 + 5j, "a c": 20 + 25j, "c a": 30 + 33j,
    "c c": 0j, "a a": 39 + 45j, "a b a b": 2 * (1 + 2j) + 2 * (3 + 5j) + 2 * (7 + 11j) + 13 + 17j,
}  # fmt: skip
OF_ANYTHING = {**OPTIONS, "token_pattern": r"\S+"}  # looked up in the one table that knows nothing of words


@pytest.mark.parametrize("options", [OPTIONS, OF_ANYTHING], ids=["words", "terms"])
@given(st.permutations(list(TERMS)))
def test_terms_may_come_in_any_order(options: dict[str, object], order: list[str]) -> None:
    terms, columns = list_terms(order, options, range(len(order)))
    entries = [TERMS[order[column]] for column in columns]
    looked_up = vocabulary.vocabulary(options, listed(terms), entries, Single())
    assert isinstance(looked_up, words.Words) == (options is OPTIONS)
    # Without a norm and with plain counts both parts are sums of small whole numbers (squares only in the norm).
    assert {text: sum(looked_up.entries(text), 0j) for text in EXPECTED} == EXPECTED
    assert {term: looked_up.entry(term) for term in TERMS} == TERMS
    assert looked_up.entry("c") == looked_up.entry("b b") == looked_up.entry("c c") == 0j
