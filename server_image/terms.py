"""Text to terms exactly as scikit-learn's CountVectorizer does it, in plain Python.

Source: sklearn.feature_extraction.text, `_VectorizerMixin` (`build_preprocessor`, `_word_ngrams`, `_char_ngrams`,
`_char_wb_ngrams`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

_SPACES = re.compile(r"\s\s+")
# The pattern of a new project, and scikit-learn's own.
_WITHIN_BLANKS = (
    (
        r"(?u)https?://\S+|@\w+|\w+(?:['’]\w+)*|[:;=8xX][\-o']?[()\[\]dDpP/\\|*]+|<3|[!?]+"
        r"|[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
    ),
    r"(?u)\b\w\w+\b",
)

Analyze = Callable[[str], Sequence[str]]


def analyzer(options: Mapping[str, Any]) -> Analyze:
    """text -> its terms, with repeats, for `options` as the compiler writes them."""
    clean = preprocessor(options["lowercase"], options["strip_accents"])
    low, high = options["ngram_range"]
    if options["analyzer"] == "char":
        return lambda text: char_ngrams(_SPACES.sub(" ", clean(text)), low, high)
    if options["analyzer"] == "char_wb":
        return lambda text: padded_ngrams(_SPACES.sub(" ", clean(text)), low, high)
    tokens = tokenizer(options["token_pattern"], options["stop_words"])
    return lambda text: word_ngrams(tokens(clean(text)), low, high)


def preprocessor(lowercase: bool, strip_accents: str | None) -> Callable[[str], str]:
    """Lower case first, then accents."""
    strip = {"ascii": _strip_ascii, "unicode": _strip_unicode, None: None}[strip_accents]
    if lowercase and strip:
        return lambda text: strip(text.lower())
    if lowercase:
        return str.lower
    return strip or (lambda text: text)


def tokenizer(pattern: str, stop_words: Collection[str] | None) -> Callable[[str], list[str]]:
    """All matches of `pattern`, those among the stop words left out."""
    find = re.compile(pattern).findall
    if not stop_words:
        return find
    stops = frozenset(stop_words)
    return lambda text: [token for token in find(text) if token not in stops]


def is_within_blanks(pattern: str) -> bool:
    """Whether the matches of `pattern` in a text are those in each of its pieces between blanks, one after the other.

    Known of a few patterns, which are those that almost everybody uses.
    """
    return pattern in _WITHIN_BLANKS


def word_ngrams(tokens: list[str], low: int, high: int) -> list[str]:
    """Runs of `low` to `high` tokens, joined by one space."""
    if high == 1:
        return tokens
    found = list(tokens) if low == 1 else []
    if low <= 2:
        found += map(" ".join, pairwise(tokens))
    for n in range(max(low, 3), min(high, len(tokens)) + 1):
        found += [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return found


def char_ngrams(text: str, low: int, high: int) -> list[str]:
    """Runs of `low` to `high` characters."""
    return [text[i : i + n] for n in range(low, min(high, len(text)) + 1) for i in range(len(text) - n + 1)]


def padded_ngrams(text: str, low: int, high: int) -> list[str]:
    """Runs of characters within words that have a space put at either end; a word shorter than n counts once."""
    found: list[str] = []
    add = found.append
    for word in text.split():
        padded = f" {word} "
        size = len(padded)
        for n in range(low, high + 1):
            if n >= size:
                add(padded)
                break
            for start in range(size - n + 1):  # quicker than a list for each n, as words are short
                add(padded[start : start + n])
    return found


def _strip_unicode(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _strip_ascii(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFKD", text).encode("ASCII", "ignore").decode("ASCII")
