"""The page itself: figures and facts poured into the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_cli import scaffold
from sentiment_cli.files import write_atomically

if TYPE_CHECKING:
    from sentiment_cli.training import Metrics


WORDS = 20  # a class; more is a list nobody reads


@dataclass(frozen=True)
class Facts:
    """What the report says besides the metrics: findings in the data, and how the model was made (name, value)."""

    project: str
    findings: Sequence[str]
    made: Mapping[str, str]


def write_report(path: Path, metrics: Metrics, facts: Facts) -> None:
    """Write the page to `path`, at once or not at all."""
    html = scaffold.render("report/report.html.j2", html=True, m=metrics, facts=facts, verdict=verdict(metrics),
                           matrix=_matrix(metrics), bars=_bars(metrics), plots=_plots(metrics))  # fmt: skip
    # A lone surrogate in a text has no UTF-8 form; the page shows it as its number.
    write_atomically(path, html.encode("utf-8", errors="backslashreplace"))


def verdict(metrics: Metrics) -> str:
    """One sentence that says what the figures mean."""
    gain = metrics.accuracy - metrics.baseline_accuracy
    right = f"It is right for {round(100 * metrics.accuracy)} of 100 texts it has not seen"
    baseline = f"always answering {metrics.baseline_label} would be right for {round(100 * metrics.baseline_accuracy)}"
    if metrics.accuracy_low <= metrics.baseline_accuracy:
        return f"{right}, and {baseline}: it has not clearly learnt anything yet."
    if gain < 0.1:
        return f"{right}; {baseline}: better than nothing, but not by much."
    return f"{right}; {baseline}."


def _matrix(metrics: Metrics) -> list[dict[str, Any]]:
    """A row a class: its name, its size, and for each predicted class the count and the share of the row."""
    rows = []
    for label, counts in zip(metrics.names, metrics.confusion, strict=True):
        total = sum(counts)
        cells = [{"count": count, "share": count / total if total else 0.0} for count in counts]
        rows.append({"label": label, "total": total, "cells": cells})
    return rows


def _bars(metrics: Metrics) -> dict[str, list[dict[str, Any]]]:
    """The telling words of each class with the length of their bars (0 to 1)."""
    shown = {name: words[:WORDS] for name, words in zip(metrics.names, metrics.words, strict=False) if words}
    longest = max((word.weight for words in shown.values() for word in words), default=1.0)
    return {
        name: [{"word": word.text, "weight": word.weight, "length": word.weight / longest} for word in words]
        for name, words in shown.items()
    }


def _plots(metrics: Metrics) -> list[dict[str, str]]:
    from sentiment_cli.report import figures

    what = metrics.positive or "its answer"
    came_true = f"are {metrics.positive}" if metrics.positive else "are right"
    plots = [
        {
            "title": "Can its probabilities be believed?",
            "svg": figures.calibration(metrics.reliability, what),
            "note": f"On the dashed line, of texts given 80 % about 80 % {came_true}. Larger dots: more texts. "
            f"Expected calibration error {metrics.ece:.3f}, Brier score {metrics.brier:.3f}.",
        },
        {
            "title": "How sure is it?",
            "svg": figures.histogram(metrics.histogram, metrics.names, what),
            "note": "Two hills far apart are good; what lies in the middle it can hardly decide."
            if metrics.positive
            else "The further to the right, the surer it is of what it answers.",
        },
    ]
    if metrics.roc:
        plots.insert(0, _roc(metrics))
    return plots


def _roc(metrics: Metrics) -> dict[str, str]:
    from sentiment_cli.report import figures

    chance = f"a {metrics.positive} text gets a higher score than a {metrics.names[0]} one"
    if not metrics.positive:
        chance = "a text of that label gets a higher score for it than a text of another label"
    return {
        "title": "Does it tell them apart?",
        "svg": figures.roc(metrics.roc),
        "note": f"The nearer to the upper left corner, the better. The area is the chance that {chance}.",
    }
