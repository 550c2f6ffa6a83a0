"""Medians, ratios and tables, on made-up results; and that what is published follows from the results that are kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.benchmarks import figures, page, picture
from tests.benchmarks.measuring import ROWS

RATES = {
    "ours": 2400.0,
    "image": 2300.0,
    "handmade": 100.0,
    "fastapi": 150.0,
    "naive": 200.0,
    "constant": 4000.0,
    "own-constant": 3000.0,
}


def one_round(rate: float, factor: float) -> dict[str, Any]:
    load = {
        "requests": rate * factor * 2,
        "seconds": 2.0,
        "failed": 0,
        "p50": 1e3 / rate,
        "p99": 4e3 / rate,
        "cpu": 9.0,
    }
    return {"rows": {row.name: load for row in ROWS}, "ping": 100 / rate, "answer": 120 / rate, "pss": 2**30 / rate,
            "wrong": 0, "checked": 600}  # fmt: skip


@pytest.fixture
def results() -> dict[str, Any]:
    servers = {
        name: {"versions": {}, "failed": None, "rounds": [one_round(rate, factor) for factor in (0.5, 1.0, 9.0)]}
        for name, rate in RATES.items()
    }
    servers["mlflow"] = {"versions": {}, "failed": "It could not\nbe installed.", "rounds": []}
    for one in servers["constant"]["rounds"] + servers["own-constant"]["rounds"]:
        del one["answer"]
    machine = {"date": "2026-01-01", "processor": "abacus", "cpus": 2, "memory_gb": 4, "system": "Linux 6",
               "python": "3.11", "wrk": "4.1.0", "nginx": "1.22.1",
               "load_before": 0.1, "load_after": 2.0}  # fmt: skip
    settings = {"rounds": 3, "seconds": 2, "workers": 2, "rows": 1000, "texts": 4240, "terms": 900}
    image = {"name": "x", "bytes": 100, "with_scikit_learn": 400}
    large = {"terms": 1_000_000, "seconds": 3.5, "pss": {"1": 2**27}}
    return {"machine": machine, "settings": settings, "servers": servers, "alone": [{"1": 9000.0, "100": 9500.0}],
            "image": image, "large": large, "memory": {"1": 2**24, "2": 2**25}}  # fmt: skip


def test_the_median_is_that_of_the_rounds_and_the_spread_is_shown(results: dict[str, Any]) -> None:
    rate = figures.row(results, "ours", "1x16")
    assert (rate.median, rate.least, rate.most) == (2400, 1200, 21600)
    assert rate.spread == 8.5
    assert "2,400 (1,200–21,600)" in page.render(results)


def test_ratios_take_the_best_peer_and_leave_limits_out(results: dict[str, Any]) -> None:
    found = [(round(each.value or 0, 3), each.against, each.reached) for each in figures.ratios(results)]
    assert found == [
        (24.0, "handmade", True),
        (12.0, "naive", True),
        (12.0, "naive", True),
        (1.0, "", True),
        (12.0, "naive", True),
        (0.6, "constant", False),
        (0.8, "own-constant", True),
        (12.0, "naive", True),
        (0.083, "naive", True),
        (0.062, "fastapi", True),  # naive has one process only
        (0.062, "fastapi", True),
        (0.25, "", True),
    ]


def test_what_is_missed_or_not_measured_is_said(results: dict[str, Any]) -> None:
    said = page.render(results)
    assert "| 0.60 | at least 0.75 | **no** |" in said
    assert "Not measured: MLflow models serve. It could not be installed." in said
    assert "3.50 s (target: under 3 s, **not** reached)" in said
    del results["servers"]["handmade"], results["image"]
    assert [each.reached for each in figures.ratios(results)].count(None) == 2


def test_what_earlier_runs_found_stands_beside_it(results: dict[str, Any], tmp_path: Any) -> None:
    published = tmp_path / "performance.json"
    assert figures.with_last(published) == []
    for number in range(figures.EARLIER + 2):
        results["before"] = figures.with_last(published)
        results["machine"]["date"] = f"2026-01-0{number + 1}"
        published.write_text(json.dumps(results))
    assert [each["date"][-1] for each in results["before"]] == ["4", "3", "2"]
    del results["before"][1]["ratios"]["the same against our own server returning a constant"]
    said = page.render(results)
    assert "| reached | against | in whole runs before |" in said
    assert "| 0.80 | at least 0.75 | yes | sentiment-cli's server, returning a constant | 0.80, -, 0.80 |" in said


def test_a_wrong_answer_is_in_the_table(results: dict[str, Any]) -> None:
    results["servers"]["fastapi"]["rounds"][1]["wrong"] = 7
    assert figures.wrong(results, "fastapi") == 7
    assert "| 7 | 1,800 |" in page.render(results)


def test_the_readmes_figures_are_written_between_the_marks(results: dict[str, Any]) -> None:
    readme = f"before\n{page.BEGIN}old\n{page.END}after\n"
    written = page.with_figures(readme, results)
    assert written.startswith(
        f"before\n{page.BEGIN}| on 2 cores of abacus | sentiment-cli | best of 3 peers | ratio |\n"
    )
    assert (
        "| texts/s, 100 a request, 4 connections | 240,000 | 20,000 (Falcon + Waitress, first draft) | 12.0 |"
        in written
    )
    assert written.endswith(f"{page.END}after\n")
    assert page.with_figures(written, results) == written


def test_the_picture_can_be_drawn(results: dict[str, Any], tmp_path: Any) -> None:
    picture.draw(results, tmp_path / "a.svg")
    assert "FastAPI" in (tmp_path / "a.svg").read_text()


def test_what_is_published_follows_from_the_results() -> None:
    if not page.RESULTS.exists():
        pytest.skip("nothing has been published yet: make bench")
    results = json.loads(page.RESULTS.read_text())
    assert page.PAGE.read_text() == page.render(results)
    readme = page.README.read_text()
    assert page.BEGIN in readme
    assert page.END in readme
    assert page.with_figures(readme, results) == readme
