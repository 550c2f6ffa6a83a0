"""`kill -9` of a deployment and of a teardown before and after each call that changes something.

The calls are those of a run that nobody disturbs, so what is added to the stack is killed too. FULL_MATRIX=1 kills
everywhere, any other run in a part of the places: RUN=0 to RUN=19 have them all.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import sandbox
from sentiment_cli.deployment import deploying
from tests.deployment import driver
from tests.deployment.matrix import FULL, Stage, folder_of, operations, sample

pytestmark = pytest.mark.thorough

PATIENCE = 60.0
HELD = 45.0


@dataclass(frozen=True)
class Point:
    """Where to kill: before the `nth` (from 0) request to an operation has an effect, or after, unanswered."""

    verb: str
    when: str
    operation: str
    nth: int

    def __str__(self) -> str:
        return f"{self.verb} {self.when} {self.operation} [{self.nth}]"


@pytest.fixture(scope="module", params=["endpoint", "api"] if FULL else ["endpoint"])
def stage(request: Any, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = folder_of(trained, tmp_path_factory.mktemp("kill"))
    box = sandbox.up(folder, engine="process")
    yield Stage(box, driver.target_of(folder, request.param == "api"))
    sandbox.down(folder)


@pytest.fixture(autouse=True)
def _way_in(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stage.box.environment().items():
        monkeypatch.setenv(name, value)


@pytest.mark.timeout(0 if FULL else 1200)
def test_what_was_killed_is_ended_by_the_next_run(stage: Stage) -> None:
    points, wrong = list(clean_run(stage)), []
    for point in sample(points):
        for onward in ("deploy", "teardown"):
            try:
                began = time.monotonic()
                killed(stage, point)
                then = time.monotonic()
                go_on(stage, onward)
                print(f"{point}, then {onward}: {then - began:.1f} s, {time.monotonic() - then:.1f} s")
            except Exception as error:
                wrong.append(f"{point}, then {onward}: {type(error).__name__}: {error}")
                stage.box.clear_faults()
                driver.remove(stage.aws, stage.target)
    assert wrong == []
    if FULL:
        print(f"killed at {len(points)} points, each twice")


def clean_run(stage: Stage) -> Iterator[Point]:
    """The places to kill at, from a deployment and a teardown that nobody kills."""
    for verb, act in (("deploy", driver.deploy), ("teardown", driver.remove)):
        before = stage.seen
        act(stage.aws, stage.target)
        for operation, nth in operations(stage.asked(before), changes=True):
            yield from (Point(verb, when, operation, nth) for when in ("before", "after"))


def killed(stage: Stage, point: Point) -> None:
    """Start, wait until it is held at `point`, and kill it with all that it has started."""
    if point.verb == "teardown":
        driver.deploy(stage.aws, stage.target)
    begun = stage.seen
    kind = "drop" if point.when == "before" else "lost"
    stage.box.add_fault(kind, point.operation, seconds=HELD, skip=point.nth)
    command = [sys.executable, "-m", "tests.deployment.driver", point.verb, str(stage.target.project_dir),
               "api" if stage.target.with_api else "endpoint"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until_held(stage, point, begun, process)
        finally:
            end(process)
            stage.box.clear_faults()


def wait_until_held(stage: Stage, point: Point, begun: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not stage.box.faults() and (point.when == "before" or done(stage, point, begun)):
            return
        if process.poll() is not None:
            assert process.stderr is not None
            raise AssertionError(f"it ended by itself, with {process.returncode}: {process.stderr.read()[-300:]}")
        time.sleep(0.03)
    raise AssertionError("it never came there")


def done(stage: Stage, point: Point, begun: int) -> bool:
    return (point.operation, point.nth) in operations(stage.asked(begun), changes=True)


def end(process: subprocess.Popen[str]) -> None:
    """Kill it and its children, of which Chalice is in a session of its own."""
    children = Path(f"/proc/{process.pid}/task").glob("*/children")
    pids = [int(pid) for each in children for pid in each.read_text().split()]
    for pid in (process.pid, *pids):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def go_on(stage: Stage, onward: str) -> None:
    if onward == "deploy":
        done = driver.deploy(stage.aws, stage.target)
        assert done.verified
        assert deploying.make_plan(stage.aws, stage.target).todo == []
        before = stage.seen
        driver.deploy(stage.aws, stage.target)
        assert [each["operation"] for each in stage.asked(before) if each["mutating"]] == []
    gone = driver.remove(stage.aws, stage.target)
    assert gone.remaining == ()
    assert stage.left() == {}
