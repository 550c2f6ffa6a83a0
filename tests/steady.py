"""A model that always answers the same."""

from __future__ import annotations


class Steady:
    labels = ("no", "yes")

    def predict(self, texts: list[str]) -> list[tuple[str, float]]:
        return [("yes", 0.75) for _ in texts]

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:
        return []
