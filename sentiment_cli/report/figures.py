"""The plots of the report as SVG text whose colours and fonts come from the page, so that light and dark both work.

Imports matplotlib at the top, so it is itself imported only where a report is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from textwrap import shorten
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sentiment_cli.training import Bin, Curve, Histogram

# matplotlib wants real colours; these stand for the page's own and are exchanged in the SVG.
INK, FAINT, FIRST, SECOND = "#010203", "#040506", "#070809", "#0a0b0c"
VARIABLES = {INK: "var(--ink)", FAINT: "var(--line)", FIRST: "var(--first)", SECOND: "var(--second)"}
DASHED = (0, (3, 3))
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))  # classes are told apart by dashes, not by colour alone
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and takes the page's font
    "svg.hashsalt": "report",  # the same figures give the same bytes
    "text.parse_math": False,  # a label may hold dollar signs
    "font.size": 11.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def roc(curves: Sequence[Curve]) -> str:
    """ROC curves, with chance as a dashed line."""
    with _figure("ROC curve") as (axes, result):
        axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=DASHED, label="chance")
        for number, curve in enumerate(curves[: len(LINES)]):
            name = "this model" if len(curves) == 1 else _plain(curve.name)
            label = f"{name} (area {curve.auc:.3f})"
            axes.plot(
                curve.false_positive_rate, curve.true_positive_rate, color=SECOND, linestyle=LINES[number],
                linewidth=2.2, label=label,
            )  # fmt: skip
        _square(axes, "false positive rate", "true positive rate")
        axes.legend(loc="lower right")
    return result[0]


def calibration(bins: Sequence[Bin], what: str) -> str:
    """Share that came true over the probability that was given; the size of a dot is the number of texts."""
    with _figure("Calibration") as (axes, result):
        axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=DASHED, label="perfect")
        x, y = [each.predicted for each in bins], [each.observed for each in bins]
        most = max(each.rows for each in bins)
        axes.plot(x, y, color=SECOND, linewidth=1.6, label="this model")
        axes.scatter(x, y, s=[15 + 120 * each.rows / most for each in bins], color=SECOND, zorder=3)
        _square(axes, f"probability given for {_plain(what)}", "share that came true")
        axes.legend(loc="upper left")
    return result[0]


def histogram(found: Histogram, labels: Sequence[str], what: str) -> str:
    """How the probability of `what` is spread, for texts of each class (two classes: side by side; more: together)."""
    with _figure("Scores") as (axes, result):
        series = _series(found, labels)
        width = found.edges[1] - found.edges[0]
        bar = width * 0.84 / len(series)
        for number, (row, label, colour) in enumerate(series):
            left = [edge + width * 0.08 + bar * number for edge in found.edges[:-1]]
            axes.bar(left, row, width=bar, align="edge", color=colour, label=label)
        axes.set_xlim(found.edges[0], found.edges[-1])
        axes.set_xlabel(f"probability given for {_plain(what)}")
        axes.set_ylabel("texts")
        axes.grid(visible=False, axis="x")
        axes.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.16))
    return result[0]


def _plain(label: str) -> str:
    """A label as a plot can show it: not too long, and no halves of characters, which matplotlib refuses."""
    return shorten(label.encode("utf-8", errors="replace").decode(), 30, placeholder="…")


def _series(found: Histogram, labels: Sequence[str]) -> list[tuple[Sequence[int], str, str]]:
    if len(labels) == 2:
        return [
            (counts, f"{_plain(label)} in truth", colour)
            for counts, label, colour in zip(found.counts, labels, (FIRST, SECOND), strict=True)
        ]
    return [([sum(column) for column in zip(*found.counts, strict=True)], "all texts", SECOND)]


@contextmanager
def _figure(title: str) -> Iterator[tuple[Axes, list[str]]]:
    """Axes to draw on; on leaving, the list holds the finished SVG."""
    result: list[str] = []
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.2, 3.6), layout="constrained")
        yield figure.add_subplot(), result
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Title": title})
    result.append(_themed(buffer.getvalue(), title))


def _themed(svg: str, title: str) -> str:
    """Only the <svg> element, sized by the page, with the page's colours and font."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font(-family)?: [^;\"]*(sans|Vera)[^;\"]*", _page_font, svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, variable)
    # ids are made per figure and would otherwise meet those of the next figure on the page
    prefix = re.sub(r"\W", "", title).lower()
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = svg.replace('href="#', f'href="#{prefix}-').replace("url(#", f"url(#{prefix}-")
    return svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)


def _page_font(match: re.Match[str]) -> str:
    size = re.search(r"[\d.]+px", match.group(0))
    return f"font: {size.group(0) if size else '11px'} inherit" if not match.group(1) else "font-family: inherit"


def _square(axes: Axes, x: str, y: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.01)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
