"""Scores texts with a compiled linear model: plain Python over plain data, no numpy, no scikit-learn, no unpickling.

With t the weight of a term in the text (its count, or 1 + log(count), or 1) and idf, w the model's, the decision value
is the sum of t * idf * w over the terms, divided by the norm of the t * idf, plus the intercept. What a term adds if it
comes once is ready made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import sqrt
from operator import itemgetter, mul
from typing import Any

from orjson import loads

from server_image.entries import Kind, Repeats, Several, Single
from server_image.links import LINKS, certainty
from server_image.listed import listed
from server_image.packed import numbers
from server_image.terms import analyzer
from server_image.vocabulary import by_words, vocabulary

__all__ = ["FORMATS", "Scorer", "by_words"]
FORMATS = (1, 2)  # 1: terms are strings only, no words and pairs

_FROM_SUM: dict[str | None, Callable[[float], float]] = {
    "l2": lambda total: sqrt(total) or 1.0,
    "l1": lambda total: total or 1.0,
    None: lambda total: 1.0,
}


class Scorer:
    """A compiled model; implements `server_image.model.Model`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        if data["format"] not in FORMATS:
            raise ValueError(f"the scorer has format {data['format']!r}; this one reads {FORMATS}")
        options = data["options"]
        self._labels = tuple(data["labels"])
        self._intercepts = [float(each) for each in data["intercepts"]]
        if not _fit(len(self._intercepts), len(self._labels)):
            raise ValueError("the scorer has not as many labels as it has rows of weights")
        self._link, self._certainty = LINKS[data["link"]], certainty(data["link"])
        self._kind: Kind[Any] = Single() if len(self._intercepts) == 1 else Several(len(self._intercepts))
        self._analyze, self._repeats = analyzer(options), Repeats[Any](options, self._kind)
        self._vocabulary = vocabulary(options, data["terms"], _entries(data, self._kind), self._kind)
        self._norm, self._entries = _FROM_SUM[options["norm"]], self._vocabulary.entries
        self.quick = _quick(options, len(self._intercepts))
        """Bytes of a request that it takes about a millisecond for."""
        self._predict_one = self._of_many if len(self._intercepts) > 1 else self._of_two()

    @classmethod
    def from_json(cls, content: bytes) -> Scorer:
        """The scorer in scorer.json. Raises ValueError, KeyError, TypeError or re.error for anything else."""
        data = loads(content)
        # What came out of JSON goes before anything is made that stays: memory is given back where nothing else lies.
        data["terms"] = listed(data["terms"])
        data["weights"] = [numbers(row) for row in data["weights"]]
        data["idf"] = None if data["idf"] is None else numbers(data["idf"])
        return cls(data)

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
        return [*map(self._predict_one, texts)]

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:
        """The terms that weigh most, each with what it adds to the decision for the winning label (more than two
        rows of weights: beyond what it adds on average). Largest absolute value first."""
        parts = {
            term: self._kind.parts(self._repeats.times(self._vocabulary.entry(term), count))
            for term, count in Counter(self._analyze(text)).items()
        }
        best = _winner(self._decide(text))
        norm = self._norm(sum(part[0] for part in parts.values()))
        shares = ((term, _share(part[1:], best) / norm) for term, part in parts.items())
        return sorted(filter(itemgetter(1), shares), key=lambda each: (-abs(each[1]), each[0]))[:limit]

    def _decide(self, text: str) -> list[float]:
        to_norm, *sums = self._kind.parts(self._kind.total(self._entries(text)))
        norm = self._norm(to_norm)
        return [total / norm + intercept for total, intercept in zip(sums, self._intercepts, strict=True)]

    def _of_two(self) -> Callable[[str], tuple[str, float]]:
        """A function, for it finds what it needs faster than a method."""
        entries, norm, zero, labels = self._entries, self._norm, self._kind.zero, self._labels
        [intercept], probability = self._intercepts, self._certainty

        def predict(text: str) -> tuple[str, float]:
            total = sum(entries(text), zero)
            value = total.imag / norm(total.real) + intercept
            return labels[value > 0], probability(value)

        return predict

    def _of_many(self, text: str) -> tuple[str, float]:
        values = self._decide(text)
        best = _winner(values)
        return self._labels[best], self._link(values)[best]


def _entries(data: Mapping[str, Any], kind: Kind[Any]) -> Iterable[Any]:
    """Those of the terms, in their order."""
    number, norm = len(data["terms"]), data["options"]["norm"]
    idf = data["idf"] if data["idf"] is not None else [1.0] * number
    if any(len(row) != number for row in (idf, *data["weights"])):
        raise ValueError("the scorer has not as many numbers as it has terms")
    to_norm = map(mul, idf, idf) if norm == "l2" else map(abs, idf)
    return kind.make(to_norm, [map(mul, idf, row) for row in data["weights"]])


def _quick(options: Mapping[str, Any], rows: int) -> int:
    """Measured; of a hundred short texts with two classes it takes 0.5 to 2 milliseconds, by the machine."""
    if options["analyzer"] != "word":
        return 1_000
    return (20_000 if by_words(options) else 5_000) // min(rows, 5)


def _fit(rows: int, labels: int) -> bool:
    return labels >= 2 and (rows == labels or (rows == 1 and labels == 2))


def _winner(values: Sequence[float]) -> int:
    """Decided before the link is applied, which may make equal what is not."""
    return values.index(max(values)) if len(values) > 1 else int(values[0] > 0)


def _share(parts: Sequence[float], winner: int) -> float:
    if len(parts) == 1:
        return parts[0] if winner == 1 else -parts[0]
    return parts[winner] - sum(parts) / len(parts)
