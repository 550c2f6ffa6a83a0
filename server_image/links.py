"""From decision values to probabilities, exactly as scikit-learn's classifiers do it.

A link takes a row of decision values, one for two classes, else one a class, and gives a probability a class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp

Link = Callable[[Sequence[float]], list[float]]


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value), without overflow."""
    if value >= 0:
        return 1.0 / (1.0 + exp(-value))
    power = exp(value)
    return power / (1.0 + power)


def binary(decision: Sequence[float]) -> list[float]:
    """Logistic regression with two classes."""
    second = sigmoid(decision[0])
    return [sigmoid(-decision[0]), second]


def softmax(decision: Sequence[float]) -> list[float]:
    """Multinomial logistic regression; naive Bayes' joint log likelihoods."""
    largest = max(decision)
    powers = [exp(value - largest) for value in decision]
    total = sum(powers)
    return [power / total for power in powers]


def one_vs_rest(decision: Sequence[float]) -> list[float]:
    """Sigmoids that are made to add up to one; evenly spread where all are zero."""
    if len(decision) == 1:
        return binary(decision)
    return _normalised([sigmoid(value) for value in decision])


def modified_huber(decision: Sequence[float]) -> list[float]:
    """SGDClassifier with that loss (Zadrozny and Elkan, KDD 2002)."""
    clipped = [(min(1.0, max(-1.0, value)) + 1) / 2 for value in decision]
    return [1 - clipped[0], clipped[0]] if len(clipped) == 1 else _normalised(clipped)


def _normalised(values: list[float]) -> list[float]:
    total = sum(values)
    return [value / total for value in values] if total else [1.0 / len(values)] * len(values)


LINKS: dict[str, Link] = {
    "binary": binary,
    "softmax": softmax,
    "one-vs-rest": one_vs_rest,
    "modified-huber": modified_huber,
}


def certainty(link: str) -> Callable[[float], float]:
    """The probability of the class that wins by the decision value of two classes. Raises KeyError."""
    if link in ("binary", "one-vs-rest"):
        return lambda value: 1.0 / (1.0 + exp(-abs(value)))
    of_each = LINKS[link]
    return lambda value: max(of_each([value]))
