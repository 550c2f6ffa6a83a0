"""What a training run came to, short enough to read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from sentiment_cli.terminal.console import harmless, table
from sentiment_cli.terminal.fitting import LEAST, Rows

if TYPE_CHECKING:
    from sentiment_cli.training import Metrics

WORDS = 8
WIDEST_NAME = 20  # columns that leave a label readable


def summary(metrics: Metrics) -> RenderableType:
    """Figures beside their baseline, the confusion matrix, and the most telling words."""
    return Group(Text(""), _figures(metrics), Text(""), _confusion(metrics), Text(""), _words(metrics))


def _figures(metrics: Metrics) -> Rows:
    interval = f"95 % interval {metrics.accuracy_low:.3f} to {metrics.accuracy_high:.3f}"
    rows = [
        ("accuracy", metrics.accuracy, metrics.baseline_accuracy, interval),
        ("F1", metrics.f1, metrics.baseline_f1, f"of {metrics.positive}" if metrics.positive else "mean over labels"),
        ("ROC AUC", metrics.roc_auc, 0.5, "0.5 is chance"),
    ]
    cells = [
        (name, Text(f"{value:.3f}", style="bold"), f"{baseline:.3f}", Text(harmless(remark), style="dim"))
        for name, value, baseline, remark in rows
    ]
    return table(("", "model", "baseline", ""), cells, right=(1, 2))


def _confusion(metrics: Metrics) -> Rows:
    rows: list[list[str | Text]] = []
    for number, (name, counts) in enumerate(zip(metrics.names, metrics.confusion, strict=True)):
        cells = [Text(f"{count:,}", style="green" if i == number else "") for i, count in enumerate(counts)]
        rows.append([name, *cells])
    says = [f"says {name}" for name in metrics.names]
    return table(("in truth", *says), rows, right=range(1, len(says) + 1), folds={0: WIDEST_NAME})


def _words(metrics: Metrics) -> Rows:
    rows = [
        (Text(f"says {harmless(name)}", style="dim"), " · ".join(word.text for word in words[:WORDS]))
        for name, words in zip(metrics.names, metrics.words, strict=False)
    ]
    return table(("", ""), rows, folds={0: WIDEST_NAME, 1: LEAST})
