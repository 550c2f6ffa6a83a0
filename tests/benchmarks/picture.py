"""docs/performance.svg: requests a second of every server, on a logarithmic scale, in the rows that are measured."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.figures import Results, measured, row
from tests.benchmarks.measuring import ROWS
from tests.benchmarks.servers import BY_NAME

OURS, PEER, LIMIT = "#1b7f5c", "#8a94a6", "#d9b36a"


def draw(results: Results, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = "performance"
    from matplotlib import pyplot

    names = measured(results)[::-1]
    figure, axes = pyplot.subplots(1, len(ROWS), figsize=(13, 0.42 * len(names) + 1.1), sharey=True)
    for axis, of in zip(axes, ROWS, strict=True):
        figures = [row(results, name, of.name) for name in names]
        rates = [each.median for each in figures]
        outer = [[each.median - each.least for each in figures], [each.most - each.median for each in figures]]
        axis.barh([BY_NAME[name].label for name in names], rates, xerr=outer, color=list(map(_colour, names)),
                  error_kw={"lw": 0.8, "capsize": 2})  # fmt: skip
        for place, each in enumerate(figures):
            axis.text(each.most * 1.15, place, f"{each.median:,.0f}", va="center", fontsize=8)
        axis.set(xscale="log", xlim=(min(rates) / 3, max(rates) * 8))
        axis.set_title(f"{of.texts} text{'s' * (of.texts > 1)}, {of.connections} conn.", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    figure.supxlabel("requests a second (logarithmic), median and range of the rounds", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def _colour(name: str) -> str:
    return LIMIT if BY_NAME[name].limit else PEER if BY_NAME[name].peer else OURS
