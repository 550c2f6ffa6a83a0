"""What the server needs of a model, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Model(Protocol):
    """A text classifier that is ready to answer."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the model's columns."""

    def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """For each text, in order: the most probable label and its probability (0 to 1)."""

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:
        """At most `limit` (word, weight) pairs, largest absolute weight first; a positive weight speaks for
        the predicted label. Empty where the model cannot say."""
