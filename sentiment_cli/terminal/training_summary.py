"""What a training run came to, short enough to read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sentiment_cli.terminal.console import harmless

if TYPE_CHECKING:
    from sentiment_cli.training import Metrics

WORDS = 8


def summary(metrics: Metrics) -> RenderableType:
    """Figures beside their baseline, the confusion matrix, and the most telling words."""
    return Group(Text(""), _figures(metrics), Text(""), _confusion(metrics), Text(""), _words(metrics))


def _figures(metrics: Metrics) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "model", "baseline"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_column("", style="dim")
    interval = f"95 % interval {metrics.accuracy_low:.3f} to {metrics.accuracy_high:.3f}"
    rows = [
        ("accuracy", metrics.accuracy, metrics.baseline_accuracy, interval),
        ("F1", metrics.f1, metrics.baseline_f1, f"of {metrics.positive}" if metrics.positive else "mean over labels"),
        ("ROC AUC", metrics.roc_auc, 0.5, "0.5 is chance"),
    ]
    for name, value, baseline, remark in rows:
        table.add_row(name, Text(f"{value:.3f}", style="bold"), f"{baseline:.3f}", remark)
    return table


def _confusion(metrics: Metrics) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("in truth")
    for name in metrics.names:
        table.add_column(Text(f"says {harmless(name)}"), justify="right")
    for number, (name, counts) in enumerate(zip(metrics.names, metrics.confusion, strict=True)):
        cells = [Text(f"{count:,}", style="green" if i == number else "") for i, count in enumerate(counts)]
        table.add_row(Text(harmless(name)), *cells)
    return table


def _words(metrics: Metrics) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, words in zip(metrics.names, metrics.words, strict=False):
        table.add_row(
            Text(f"says {harmless(name)}", style="dim"), Text(" · ".join(harmless(word.text) for word in words[:WORDS]))
        )
    return table
