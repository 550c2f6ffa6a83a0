"""Scores texts with a compiled linear model: plain Python over plain data, no numpy, no scikit-learn, no unpickling.

With t the weight of a term in the text (its count, or 1 + log(count), or 1) and idf, w the model's, the decision value
is the sum of t * idf * w over the terms, divided by the norm of the t * idf, plus the intercept. Each term is looked up
once: its entry holds idf and the products ready made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt
from typing import Any

from orjson import loads

from server_image.links import LINKS
from server_image.terms import analyzer, preprocessor, tokenizer

FORMAT = 1

# In a pattern without these no match can hold a space, so that "a b" in the vocabulary can only be the words a and b.
_MAY_MATCH_SPACE = (".", "\\s", "\\W", "\\D", "[^", "\\x", "\\N", "\\t", "\\n", "\\r", "\\f", "\\v", "\\0", "\\u0")

Entry = tuple[float, tuple[float, ...]]
Decide = Callable[[str], list[float]]


class Scorer:
    """A compiled model; implements `server_image.model.Model`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        if data.get("format") != FORMAT:
            raise ValueError(f"the scorer has format {data.get('format')!r}; this one reads {FORMAT}")
        self._labels = tuple(data["labels"])
        self._options = data["options"]
        self._intercepts = tuple(data["intercepts"])
        self._link = LINKS[data["link"]]
        self._analyze = analyzer(self._options)
        self._table = _table(data)
        self._decide = self._fastest()

    @classmethod
    def from_json(cls, content: bytes) -> Scorer:
        """The scorer in the bytes of scorer.json. Raises ValueError, KeyError or TypeError for anything else."""
        return cls(loads(content))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of `probabilities`."""
        return self._labels

    def decision(self, texts: Sequence[str]) -> list[list[float]]:
        """A row of decision values for each text: one for two classes (above 0: the second), else one a class."""
        return [self._decide(text) for text in texts]

    def probabilities(self, texts: Sequence[str]) -> list[list[float]]:
        """A row of probabilities (one a class, adding up to 1) for each text."""
        return [self._link(self._decide(text)) for text in texts]

    def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """For each text: the label that wins, and its probability."""
        labels, link, decide = self._labels, self._link, self._decide
        answers = []
        for text in texts:
            row = link(decide(text))
            best = max(row)
            answers.append((labels[row.index(best)], best))
        return answers

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:
        """The terms that weigh most, each with what it adds to the decision for the winning label (more than two
        classes: beyond what it adds on average). Largest absolute value first."""
        row = self._link(self._decide(text))
        best = row.index(max(row))
        weighted = list(self._weighted(text))
        norm = self._norm([value * entry[0] for _, value, entry in weighted])
        found = [(term, value * _share(entry[1], best) / norm) for term, value, entry in weighted]
        return sorted((each for each in found if each[1]), key=lambda each: (-abs(each[1]), each[0]))[:limit]

    def _weighted(self, text: str) -> list[tuple[str, float, Entry]]:
        """(term, weight of its count, entry) for the terms of `text` that the model knows."""
        table, options = self._table, self._options
        found = []
        for term, count in Counter(self._analyze(text)).items():
            entry = table.get(term)
            if entry is not None:
                weight = 1.0 if options["binary"] else float(count)
                found.append((term, log(weight) + 1.0 if options["sublinear_tf"] else weight, entry))
        return found

    def _norm(self, values: Sequence[float]) -> float:
        """What scikit-learn's normalize divides by; 1 for an empty text."""
        if self._options["norm"] == "l2":
            return sqrt(sum([value * value for value in values])) or 1.0
        if self._options["norm"] == "l1":
            return sum([abs(value) for value in values]) or 1.0
        return 1.0

    def _general(self, text: str) -> list[float]:
        weighted = self._weighted(text)
        norm = self._norm([value * entry[0] for _, value, entry in weighted])
        return [
            sum([value * entry[1][k] for _, value, entry in weighted]) / norm + intercept
            for k, intercept in enumerate(self._intercepts)
        ]

    def _fastest(self) -> Decide:
        options = self._options
        plain = options["analyzer"] == "word" and len(self._intercepts) == 1 and options["norm"] == "l2"
        low, high = options["ngram_range"]
        no_spaces = not any(
            part in options["token_pattern"] or " " in options["token_pattern"] for part in _MAY_MATCH_SPACE
        )
        if plain and low == 1 and high <= 2 and no_spaces and not any(c.isspace() for c in options["token_pattern"]):
            return self._pairs()
        return self._general

    def _pairs(self) -> Decide:
        """Two classes, words and pairs of words, l2: no strings are put together and no counts kept.

        A text in which a word comes twice takes the general way.
        """
        options, general, intercept = self._options, self._general, self._intercepts[0]
        clean = preprocessor(options["lowercase"], options["strip_accents"])
        tokens_of = tokenizer(options["token_pattern"], options["stop_words"])
        get = _followers(self._table).get

        def decide(text: str) -> list[float]:
            tokens = tokens_of(clean(text))
            if len(set(tokens)) != len(tokens):
                return general(text)
            squares = total = 0.0
            after: dict[str, tuple[float, float]] | None = None
            for token in tokens:
                if after is not None and token in after:
                    square, part = after[token]
                    squares += square
                    total += part
                entry = get(token)
                if entry is None:
                    after = None
                else:
                    square, part, after = entry
                    squares += square
                    total += part
            return [total / sqrt(squares) + intercept] if squares else [intercept]

        return decide


def _table(data: Mapping[str, Any]) -> dict[str, Entry]:
    """term -> (idf, idf * weight for each row of weights)."""
    terms, idf, weights = data["terms"], data["idf"], data["weights"]
    if idf is None:
        idf = [1.0] * len(terms)
    products = zip(*([a * b for a, b in zip(idf, row, strict=True)] for row in weights), strict=True)
    return dict(zip(terms, zip(idf, products, strict=True), strict=True))


def _followers(table: Mapping[str, Entry]) -> dict[str, tuple[float, float, dict[str, tuple[float, float]] | None]]:
    """word -> (idf squared, idf * weight, {second word: the same for the pair})."""
    pairs: dict[str, dict[str, tuple[float, float]]] = {}
    for term, (idf, (part,)) in table.items():
        first, space, second = term.partition(" ")
        if space:
            pairs.setdefault(first, {})[second] = (idf * idf, part)
    words = {term for term in table if " " not in term} | set(pairs)
    nothing: Entry = (0.0, (0.0,))
    found = {}
    for word in words:
        idf, (part,) = table.get(word, nothing)
        found[word] = (idf * idf, part, pairs.get(word))
    return found


def _share(parts: Sequence[float], winner: int) -> float:
    if len(parts) == 1:
        return parts[0] if winner == 1 else -parts[0]
    return parts[winner] - sum(parts) / len(parts)
