"""A few texts whose answers tell whether a model is the same, and whether a server answers as the model does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TEXTS = ("Today was a great day!", "I hate waiting, this is so annoying :(", "not bad at all", "ok", "")
SAME_SCORE = 1e-6

Row = Mapping[str, Any]


def first_difference(golden: Sequence[Row], answers: Sequence[Row]) -> tuple[Row, Row] | None:
    """The first row that is answered otherwise, with its answer; None where all are the same."""
    for row, answer in zip(golden, answers, strict=False):
        if answer["label"] != row["label"] or abs(answer["score"] - row["score"]) > SAME_SCORE:
            return row, answer
    return None
