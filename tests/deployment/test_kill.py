"""`kill -9` of a deployment, an update, a rollback and a teardown before and after each call that changes something.

The calls are those of runs that nobody disturbs, so what is added to the stack is killed too. Afterwards `deploy` makes
the same stage as if nothing had been, or `teardown` leaves nothing. A day's run has a part of it, see `tests.rotation`.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import sandbox
from sentiment_cli.deployment import deploying, teardown
from sentiment_cli.project import ARTIFACT
from sentiment_cli.resources.endpoint import describe
from tests import rotation
from tests.deployment import driver
from tests.deployment.matrix import Stage, add_versions, folder_of, operations, retrained

PATIENCE = 60.0
HELD = 45.0
PARTS = {"endpoint": 32, "api": 96}
"""In so many runs everything is killed."""
# What is there before, and after a deployment that follows the kill: nothing, the first model, or the second one too.
BEFORE = {"deploy": 0, "update": 1, "rollback": 2, "teardown": 1}
AFTER = {"deploy": 1, "update": 2, "rollback": 2, "teardown": 1}


@dataclass(frozen=True)
class Case:
    """Kill before the `nth` (from 0) request to an operation has an effect, or after, unanswered; then go on."""

    verb: str
    when: str
    operation: str
    nth: int
    onward: str

    def __str__(self) -> str:
        return f"{self.verb} killed {self.when} {self.operation} [{self.nth}], then {self.onward}"


@dataclass
class Round:
    """A stage that is killed again and again; each case begins with what the one before has left."""

    stage: Stage
    models: tuple[Path, Path]
    there: int = 0
    whole: dict[int, Any] = field(default_factory=dict)
    """What there is in the end, by what is there, where nobody kills."""

    def bring(self, wanted: int) -> None:
        """To what a case needs, the plain way."""
        if wanted < self.there:
            self.remove()
        while self.there < wanted:
            self.put(self.there)
            driver.deploy(self.stage.aws, self.stage.target)
            self.deployed()

    def put(self, number: int) -> None:
        """Let that model be the project's."""
        shutil.copy(self.models[number], self.stage.target.project_dir / ARTIFACT)

    def deployed(self) -> None:
        self.there += 1
        if self.there == 1:
            # Two more to go back to, so that an update removes one.
            stage = self.stage
            add_versions(stage.aws, deploying.make_plan(stage.aws, stage.target).stack, 2)

    def remove(self) -> None:
        driver.remove(self.stage.aws, self.stage.target)
        self.there = 0

    def undisturbed(self) -> Iterator[Case]:
        """Every case, from runs that nobody kills."""
        for verb in ("deploy", "update", "rollback", "teardown"):
            self.put(min(self.there, 1))
            before = self.stage.seen
            driver.VERBS[verb](self.stage.aws, self.stage.target)
            asked = self.stage.asked(before)
            if verb in ("deploy", "update"):
                self.whole[AFTER[verb]] = everything(self.stage)
                self.deployed()
            for operation, nth in operations(asked, changes=True):
                for when in ("before", "after"):
                    yield from (Case(verb, when, operation, nth, onward) for onward in ("deploy", "teardown"))
        self.there = 0

    def kill(self, case: Case) -> None:
        """Bring it there, start, wait until it is held, kill it, and go on."""
        self.bring(BEFORE[case.verb])
        self.put(1 if case.verb in ("update", "rollback") else 0)
        before = everything(self.stage)[0]
        killed(self.stage, case)
        if case.onward == "deploy":
            self._deploy_on(case, before)
        else:
            gone = driver.remove(self.stage.aws, self.stage.target)
            self.there = 0
            assert gone.remaining == ()
            assert self.stage.left() == {}

    def _deploy_on(self, case: Case, before: Counter[str]) -> None:
        done = driver.deploy(self.stage.aws, self.stage.target)
        assert done.verified
        assert deploying.make_plan(self.stage.aws, self.stage.target).todo == []
        there, serves = everything(self.stage)
        whole, served = self.whole[AFTER[case.verb]]
        assert serves == served
        if case.verb == "teardown":  # other versions are there still, or not any more
            assert whole <= there <= whole | before
        else:
            assert there == whole
        if case.verb == "teardown":  # the other versions may be gone, and a next case wants them
            self.remove()
            return
        self.there = BEFORE[case.verb] if case.verb != "deploy" else 0
        if case.verb in ("deploy", "update"):
            self.deployed()


def everything(stage: Stage) -> tuple[Counter[str], str]:
    """All names of the stage, those that AWS gives out as their kind, and what serves."""
    names = stage.target.names(stage.aws)
    found = teardown.inventory(stage.aws, names)
    listed = Counter(each.kind if each.kind == "REST API" else f"{each.kind} {each.name}" for each in found)
    counted = Counter({f"{number} x {kind}": 1 for kind, number in stage.left().items() if kind not in OF_VERSIONS})
    return listed + counted, str((describe(stage.aws, names.endpoint) or {}).get("EndpointConfigName"))


OF_VERSIONS = ("sagemaker:model", "sagemaker:endpoint-config")


@pytest.fixture(scope="module")
def models(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    other = tmp_path_factory.mktemp("other") / ARTIFACT.name
    retrained(trained / ARTIFACT, other)
    return trained / ARTIFACT, other


@pytest.fixture(scope="module", params=["endpoint", "api"])
def stage(request: Any, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = folder_of(trained, tmp_path_factory.mktemp("kill"))
    box = sandbox.up(folder, engine="process")
    yield Stage(box, driver.target_of(folder, request.param == "api"))
    sandbox.down(folder)


@pytest.fixture(autouse=True)
def _way_in(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stage.box.environment().items():
        monkeypatch.setenv(name, value)


@pytest.mark.timeout(0 if rotation.ALL else 1200)
def test_what_was_killed_is_ended_by_the_next_run(stage: Stage, models: tuple[Path, Path]) -> None:
    going = Round(stage, models)
    cases, wrong = list(going.undisturbed()), []
    chosen = rotation.part(cases, PARTS["api" if stage.target.with_api else "endpoint"])
    while chosen:
        case = next((each for each in chosen if BEFORE[each.verb] == going.there), chosen[0])
        chosen.remove(case)
        began = time.monotonic()
        try:
            going.kill(case)
        except Exception as error:
            wrong.append(f"{case}: {type(error).__name__}: {error}")
            stage.box.clear_faults()
            going.remove()
        print(f"{case}: {time.monotonic() - began:.1f} s{' WRONG' if wrong and str(case) in wrong[-1] else ''}")
    assert wrong == [], rotation.told()
    print(f"{len(cases)} cases in all")


def killed(stage: Stage, case: Case) -> None:
    """Start, wait until it is held, and kill it; what it has started ends by itself."""
    begun = stage.seen
    kind = "drop" if case.when == "before" else "lost"
    stage.box.add_fault(kind, case.operation, seconds=HELD, skip=case.nth)
    running = driver.start(case.verb, stage.target, stage.box.environment())
    try:
        wait_until_held(stage, case, begun, running)
    finally:
        children = children_of(running.process.pid)
        running.kill()
        stage.box.clear_faults()
    assert not [each for each in children if outlives(each)]


def wait_until_held(stage: Stage, case: Case, begun: int, running: driver.Running) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not stage.troubled and (case.when == "before" or done(stage, case, begun)):
            return
        if not running.process.is_alive():
            raise AssertionError(f"it ended by itself: {running.end()}")
        time.sleep(0.03)
    raise AssertionError("it never came there")


def done(stage: Stage, case: Case, begun: int) -> bool:
    return (case.operation, case.nth) in operations(stage.asked(begun), changes=True)


def children_of(pid: int | None) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for found in lists for each in found.read_text().split()]


def outlives(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process is there still after so long; then it is ended."""
    deadline = time.monotonic() + seconds
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return True
        time.sleep(0.02)
    return False
