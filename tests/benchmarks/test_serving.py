"""The benchmark itself: it runs, and it catches who answers wrongly. Times are not looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import figures, measuring, page, wrk
from tests.benchmarks.measuring import BATCH, CHECKED, ROWS, Questions
from tests.benchmarks.running import CannotRun, Place, running, wrong
from tests.benchmarks.servers import ALL, CONSTANT, NAIVE, PEERS, ROOT, Server
from tests.benchmarks.serving import prepare

FEW = 1_000  # rows to train on
MEASURED = ("ours", "naive")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Those of a run as short as can be, and as `cache` the place where it kept the model."""
    if not wrk.available():
        if os.environ.get("CI"):
            pytest.fail(wrk.MISSING)
        pytest.skip(wrk.MISSING)
    cache = tmp_path_factory.mktemp("benchmark")
    command = [sys.executable, "-m", "tests.benchmarks.serving", "--peers", ",".join(MEASURED), "--rounds", "1"]
    command += ["--seconds", "1", "--rows", str(FEW), "--cache", str(cache), "--workers", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {**json.loads((cache / "latest.json").read_text()), "cache": cache}


@pytest.fixture
def asked(results: dict[str, Any], tmp_path: Path) -> tuple[Questions, Place]:
    return prepare(FEW, results["cache"], tmp_path)


def test_every_row_has_requests_and_none_failed(results: dict[str, Any]) -> None:
    assert figures.measured(results) == list(MEASURED)
    for name in MEASURED:
        [one] = results["servers"][name]["rounds"]
        assert set(one["rows"]) == {row.name for row in ROWS}
        for load in one["rows"].values():
            assert load["requests"] > 0
            assert 0 < load["p50"] <= load["p99"]
            assert load["cpu"] > 0
        assert one["pss"] > 2**20
        assert one["wrong"] == 0
        assert one["checked"] == 2 * (CHECKED + 2 * BATCH)
    assert results["alone"][0]["1"] > 0


def test_page_and_ratios_follow_from_a_real_run(results: dict[str, Any]) -> None:
    said = page.render(results)
    assert said.count("not measured") == 6  # hand-made stack, both constants, start, memory, image
    assert "Falcon + Waitress, first draft (one process)" in said


def test_a_server_that_answers_the_same_to_everything_is_caught(asked: tuple[Questions, Place]) -> None:
    questions, place = asked
    with running(CONSTANT, place, 1) as started:
        started.await_ping()
        assert measuring.check(started, questions) == CHECKED + 2 * BATCH


def test_a_score_that_is_off_by_a_millionth_is_caught(asked: tuple[Questions, Place]) -> None:
    questions, place = asked
    label, score = questions.right[3]
    off = [*questions.right[:3], (label, score + 1e-6), *questions.right[4:]]
    with running(NAIVE, place, 1) as started:
        started.await_answer(questions.texts[0], questions.right[0])
        assert measuring.check(started, questions) == 0
        assert measuring.check(started, replace(questions, right=off)) == 2  # once alone and once in a batch


def test_what_is_refused_under_load_counts_as_wrong(
    asked: tuple[Questions, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions, place = asked
    monkeypatch.setattr(measuring, "ROWS", ROWS[:1])
    astray = replace(NAIVE, limit=True, path="/nowhere")
    one = measuring.turn(astray, questions, place, 1, 1)
    assert one["wrong"] == sum(load["requests"] for load in one["rows"].values()) > 0


def test_a_server_that_does_not_start_says_why(asked: tuple[Questions, Place]) -> None:
    broken = Server("broken", "", ("{python}", "-c", "raise SystemExit('no model here')"), own_environment=False)
    with pytest.raises(CannotRun, match="no model here"), running(broken, asked[1], 1) as started:
        started.await_ping()
    missing = replace(broken, needs=("no-such-program",))
    with pytest.raises(CannotRun, match="no-such-program"), running(missing, asked[1], 1):
        pass


@pytest.mark.parametrize(
    ("answers", "mistakes"),
    [
        ([("Positive", 0.75), ("Negative", 0.5)], 0),
        ([("Positive", 0.75), ("Positive", 0.5)], 1),
        ([("Positive", 0.75)], 1),
        ([], 2),
        ([("Positive", 0.75), ("Negative", 0.5), ("Negative", 0.5)], 1),
        ([("Negative", 0.5), ("Positive", 0.75)], 2),
        ([("Positive", float("nan")), ("Negative", 0.5)], 1),
    ],
)
def test_wrong_counts_labels_scores_order_and_number(answers: list[tuple[str, float]], mistakes: int) -> None:
    assert wrong(answers, [("Positive", 0.75), ("Negative", 0.5)]) == mistakes


def test_wrk_that_did_not_finish_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no figures"):
        wrk.read("unable to connect to 127.0.0.1:1 Connection refused\n")
    told = '{"requests": 50, "seconds": 2.0, "failed": 3, "p50": 1.5, "p99": 9.0}'
    assert wrk.read(f"Running 2s test\n{told}\n").per_second == 25


def test_every_peer_is_pinned_and_has_the_projects_scikit_learn() -> None:
    lock = (ROOT / "requirements-dev.lock").read_text()
    for server in ALL:
        if server.own_environment:
            pins = (PEERS / str(server.folder) / "requirements.txt").read_text().splitlines()
            assert all("==" in pin for pin in pins)
            assert all(any(pin.startswith(f"{name}==") for pin in pins) for name in server.packages), server.name
            [scikit_learn] = [pin for pin in pins if pin.startswith("scikit-learn==")]
            assert f"{scikit_learn} " in lock
