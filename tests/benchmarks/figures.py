"""Figures of raw results: medians of the rounds, their spread, ratios held against targets. It draws nothing."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.servers import BY_NAME

Results = Mapping[str, Any]
"""What `make bench` wrote to docs/performance.json."""

EARLIER = 3  # whole runs that are still told of
MEASURES: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "rate": lambda load: load["requests"] / load["seconds"],
    "p50": lambda load: load["p50"],
    "p99": lambda load: load["p99"],
    "cpu": lambda load: load["cpu"],
}


@dataclass(frozen=True)
class Figure:
    """Median, least and most of the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        each = list(values)
        return cls(statistics.median(each), min(each), max(each))

    @property
    def spread(self) -> float:
        """Distance of the outermost rounds, as a part of the median."""
        return (self.most - self.least) / self.median if self.median else 0.0


@dataclass(frozen=True)
class Ratio:
    """`ours` over `theirs` as `value`, which has to be at least (or at most) `target`."""

    name: str
    value: float | None
    target: float
    at_least: bool = True
    against: str = ""

    @property
    def reached(self) -> bool | None:
        """None where it could not be measured."""
        if self.value is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


def measured(results: Results) -> list[str]:
    return [name for name, server in results["servers"].items() if server["rounds"]]


def row(results: Results, server: str, name: str, measure: str = "rate") -> Figure:
    """`name` is that of a row, "1x16" for one text a request on 16 connections."""
    rounds = results["servers"][server]["rounds"]
    return Figure.of(MEASURES[measure](one["rows"][name]) for one in rounds)


def once(results: Results, server: str, key: str) -> Figure:
    """What is measured once a turn: `ping`, `answer`, `pss`."""
    return Figure.of(one[key] for one in results["servers"][server]["rounds"])


def wrong(results: Results, server: str) -> int:
    return sum(one["wrong"] for one in results["servers"][server]["rounds"])


def peers(results: Results, *, per_core: bool = False) -> list[str]:
    names = [name for name in measured(results) if name in BY_NAME and BY_NAME[name].peer]
    return [name for name in names if BY_NAME[name].per_core or not per_core]


def ratios(results: Results) -> list[Ratio]:
    """Those that the project promises, in order."""
    sixteen = row(results, "ours", "1x16").median
    return [
        _faster(results, "1 text, 16 connections: requests/s against the hand-made stack", "1x16", 22, ["handmade"]),
        _faster(results, "1 text, 16 connections: requests/s against the best peer", "1x16", 12),
        _faster(results, "1 text, 64 connections: requests/s against the best peer", "1x64", 12),
        Ratio("the same against our own 16 connections", row(results, "ours", "1x64").median / sixteen, 1),
        _faster(results, "1 text, 1 connection: requests/s against the best peer", "1x1", 6),
        _faster(results, "1 text, 16 connections: requests/s against Waitress returning a constant", "1x16", 0.75,
                _there(results, "constant")),
        # The one above has one process for all CPUs; this one is bound as ours is.
        _faster(results, "the same against our own server returning a constant", "1x16", 0.75,
                _there(results, "own-constant")),
        _faster(results, "100 texts, 4 connections: texts/s against the best peer", "100x4", 4),
        _less(results, "1 text, 16 connections: p99 against the best peer", 1 / 8, peers(results),
              lambda name: row(results, name, "1x16", "p99").median),
        _less(results, "start to first right answer against the fastest peer with a worker a core", 1 / 5,
              peers(results, per_core=True), lambda name: once(results, name, "answer").median),
        _less(results, "memory against the smallest peer with a worker a core", 1 / 5,
              peers(results, per_core=True), lambda name: once(results, name, "pss").median),
        _image(results),
    ]  # fmt: skip


def with_last(published: Path) -> list[dict[str, Any]]:
    """The ratios of earlier whole runs, the newest first: what was `published`, and what that had of those before it.

    One run says less than several: some of what is compared differs by a tenth between two.
    """
    if not published.exists():
        return []
    last: Results = json.loads(published.read_text(encoding="utf-8"))
    found = {each.name: each.value for each in ratios(last)}
    return [{"date": last["machine"]["date"], "ratios": found}, *last.get("before", [])][:EARLIER]


def _there(results: Results, name: str) -> list[str]:
    return [name] if name in measured(results) else []


def _faster(results: Results, name: str, of: str, target: float, against: list[str] | None = None) -> Ratio:
    others = [each for each in (peers(results) if against is None else against) if each in measured(results)]
    if not others:
        return Ratio(name, None, target)
    best = max(others, key=lambda each: row(results, each, of).median)
    return Ratio(name, row(results, "ours", of).median / row(results, best, of).median, target, against=best)


def _less(results: Results, name: str, target: float, others: list[str], value: Callable[[str], float]) -> Ratio:
    if not others:
        return Ratio(name, None, target, at_least=False)
    best = min(others, key=value)
    return Ratio(name, value("ours") / value(best), target, at_least=False, against=best)


def _image(results: Results) -> Ratio:
    name, image = "size of the image without scikit-learn against the same with it", results.get("image")
    if not image:
        return Ratio(name, None, 1 / 3, at_least=False)
    return Ratio(name, image["bytes"] / image["with_scikit_learn"], 1 / 3, at_least=False)
