"""Scores texts with a compiled linear model: plain Python over plain data, no numpy, no scikit-learn, no unpickling.

With t the weight of a term in the text (its count, or 1 + log(count), or 1) and idf, w the model's, the decision value
is the sum of t * idf * w over the terms, divided by the norm of the t * idf, plus the intercept. What a term adds if it
comes once is ready made; loops over terms run inside filter, map and zip, which is what makes it fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt
from typing import Any

from orjson import loads

from server_image.links import LINKS
from server_image.terms import analyzer

FORMAT = 1

# What a term adds: to the norm (see _to_norm), then to the decision value of each row of weights.
Entry = tuple[float, ...]

_FROM_SUM: dict[str | None, Callable[[float], float]] = {
    "l2": lambda total: sqrt(total) or 1.0,
    "l1": lambda total: total or 1.0,
    None: lambda total: 1.0,
}


class Scorer:
    """A compiled model; implements `server_image.model.Model`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        if data["format"] != FORMAT:
            raise ValueError(f"the scorer has format {data['format']!r}; this one reads {FORMAT}")
        options = data["options"]
        self._labels = tuple(data["labels"])
        self._intercepts = [float(each) for each in data["intercepts"]]
        if not _fit(len(self._intercepts), len(self._labels)):
            raise ValueError("the scorer has not as many labels as it has rows of weights")
        self._link = LINKS[data["link"]]
        self._analyze = analyzer(options)
        self._table = _table(data)
        self._knows, self._entry = self._table.__contains__, self._table.__getitem__
        self._binary, self._sublinear = options["binary"], options["sublinear_tf"]
        self._power = 2 if options["norm"] == "l2" else 1
        self._norm = _FROM_SUM[options["norm"]]

    @classmethod
    def from_json(cls, content: bytes) -> Scorer:
        """The scorer in scorer.json. Raises ValueError, KeyError, TypeError or re.error for anything else."""
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
        answers = []
        for text in texts:
            values = self._decide(text)
            best = _winner(values)
            answers.append((self._labels[best], self._link(values)[best]))
        return answers

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:
        """The terms that weigh most, each with what it adds to the decision for the winning label (more than two
        rows of weights: beyond what it adds on average). Largest absolute value first."""
        known = self._known(text)
        entries = self._entries(known)
        best = _winner(self._value(entries))
        norm = self._norm(sum(entry[0] for entry in entries))
        shares = (_share(entry[1:], best) / norm for entry in entries)
        found = [(term, share) for term, share in zip(dict.fromkeys(known), shares, strict=True) if share]
        return sorted(found, key=lambda each: (-abs(each[1]), each[0]))[:limit]

    def _decide(self, text: str) -> list[float]:
        return self._value(self._entries(self._known(text)))

    def _known(self, text: str) -> list[str]:
        """Terms of `text` that the model knows, with repeats."""
        return [*filter(self._knows, self._analyze(text))]

    def _entries(self, known: list[str]) -> list[Entry]:
        """An entry for each different term of `known`, in the order of their first occurrences."""
        entry = self._entry
        if self._binary:
            return [*map(entry, dict.fromkeys(known))]
        if len(set(known)) == len(known):
            return [*map(entry, known)]
        counts: dict[str, int] = {}
        for term in known:
            counts[term] = counts.get(term, 0) + 1
        return [entry(term) if n == 1 else self._repeated(entry(term), n) for term, n in counts.items()]

    def _repeated(self, entry: Entry, count: int) -> Entry:
        weight = 1.0 + log(count) if self._sublinear else float(count)
        return (entry[0] * weight**self._power, *[part * weight for part in entry[1:]])

    def _value(self, entries: Sequence[Entry]) -> list[float]:
        if not entries:
            return self._intercepts.copy()
        if len(self._intercepts) == 1:
            return self._single(entries)
        sums = [*map(sum, zip(*entries, strict=True))]
        norm = self._norm(sums[0])
        return [part / norm + intercept for part, intercept in zip(sums[1:], self._intercepts, strict=True)]

    def _single(self, entries: Sequence[Entry]) -> list[float]:
        """The same for one row of weights, in a third of the time."""
        to_norm = total = 0.0
        for a, b in entries:
            to_norm += a
            total += b
        return [total / self._norm(to_norm) + self._intercepts[0]]


def _table(data: Mapping[str, Any]) -> dict[str, Entry]:
    terms, norm = data["terms"], data["options"]["norm"]
    idf = data["idf"] if data["idf"] is not None else [1.0] * len(terms)
    to_norm = [a * a for a in idf] if norm == "l2" else [abs(a) for a in idf]
    products = ([a * b for a, b in zip(idf, row, strict=True)] for row in data["weights"])
    return dict(zip(terms, zip(to_norm, *products, strict=True), strict=True))


def _fit(rows: int, labels: int) -> bool:
    return labels >= 2 and (rows == labels or (rows == 1 and labels == 2))


def _winner(values: Sequence[float]) -> int:
    """Decided before the link is applied, which may make equal what is not."""
    return values.index(max(values)) if len(values) > 1 else int(values[0] > 0)


def _share(parts: Sequence[float], winner: int) -> float:
    if len(parts) == 1:
        return parts[0] if winner == 1 else -parts[0]
    return parts[winner] - sum(parts) / len(parts)
