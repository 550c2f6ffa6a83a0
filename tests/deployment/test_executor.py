"""Order, side by side, failure and Ctrl-C, with the journal written before and after."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.deployment import executor
from sentiment_cli.deployment.planner import Change, Cost, Plan, _change
from sentiment_cli.deployment.stack import Step
from sentiment_cli.deployment.state import Journal, State, load
from sentiment_cli.errors import Interrupted, SentimentError
from sentiment_cli.events import Event, Progress, StepDone, StepStarted, ignore

from .small import Small, World, somewhere, takes


def planned(*steps: Step) -> Plan:
    aws = somewhere()
    return Plan(None, tuple(_change(aws, step) for step in steps), Cost(None, None, ""))  # type: ignore[arg-type]


def journal(folder: Path) -> Journal:
    return Journal(folder / "dev" / "state.json", State("p", "dev", "123456789012", "eu-west-1"))


def test_the_plan_says_what_happens_and_why() -> None:
    world = World(there={"old": 7, "same": 1, "bad": "broken"})
    plan = planned(*(Step(Small(kind, world)) for kind in ("new", "old", "same", "bad")))
    assert [(change.kind, change.action, change.reason) for change in plan.changes] == [
        ("new", "create", "it does not exist"),
        ("old", "update", "another value"),
        ("same", "keep", "same value"),
        ("bad", "replace", "it is broken"),
    ]
    assert [change.kind for change in plan.todo] == ["new", "old", "bad"]


def test_what_is_needed_is_there_first_and_what_is_independent_runs_side_by_side(tmp_path: Path) -> None:
    world = World()
    a, b = Small("a", world, acts=takes(0.3)), Small("b", world, acts=takes(0.3))
    plan = planned(Step(a), Step(b), Step(Small("c", world), ("a", "b")))
    done = executor.apply(somewhere(), plan, journal(tmp_path), ignore)
    assert sorted(world.done[:2]) == ["begin a", "begin b"]
    assert world.done[-2:] == ["begin c", "made c"]
    assert [each.change.kind for each in done][-1] == "c"
    assert done[0].as_dict().keys() == {"resource", "name", "action", "seconds"}


def test_steps_are_numbered_as_they_begin(tmp_path: Path) -> None:
    """The second of the plan needs the third: numbers that jump would look as if a step had been left out."""
    world, told = World(), list[Event]()
    plan = planned(Step(Small("a", world)), Step(Small("b", world), ("c",)), Step(Small("c", world), ("a",)))
    executor.apply(somewhere(), plan, journal(tmp_path), told.append)
    began = [(each.number, each.total, each.title) for each in told if isinstance(each, StepStarted)]
    assert began == [(1, 3, "Create a"), (2, 3, "Create c"), (3, 3, "Create b")]


def test_numbers_are_told_in_their_order_also_of_steps_that_run_side_by_side(tmp_path: Path) -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(40):
            told: list[Event] = []
            world = World()
            plan = planned(*(Step(Small(kind, world)) for kind in "abcd"))
            executor.apply(somewhere(), plan, journal(tmp_path / str(number)), told.append)
            assert [each.number for each in told if isinstance(each, StepStarted)] == [1, 2, 3, 4]
    finally:
        sys.setswitchinterval(before)


def test_what_is_kept_counts_as_there_and_what_is_broken_is_replaced(tmp_path: Path) -> None:
    world = World(there={"a": 1, "b": "broken", "c": 5})
    plan = planned(Step(Small("a", world)), Step(Small("b", world), ("a",)), Step(Small("c", world), ("a",)))
    executor.apply(somewhere(), plan, journal(tmp_path), ignore)
    assert sorted(world.done) == ["begin b", "made b", "removed b", "updated c from 5"]
    assert world.there == {"a": 1, "b": 1, "c": 1}


def test_each_change_is_on_record_before_it_is_made(tmp_path: Path) -> None:
    seen: list[Any] = []
    world = World()

    def look() -> None:
        state = load(tmp_path, "dev")
        assert state is not None
        seen.append({each.kind: each.status for each in state.resources.values()})

    plan = planned(Step(Small("a", world, acts=look)), Step(Small("b", world, acts=look), ("a",)))
    executor.apply(somewhere(), plan, journal(tmp_path), ignore)
    look()
    assert seen == [{"a": "creating"}, {"a": "created", "b": "creating"}, {"a": "created", "b": "created"}]


def fails() -> None:
    time.sleep(0.1)
    raise SentimentError("No.", code="no")


def test_after_a_failure_what_runs_is_finished_and_nothing_is_begun(tmp_path: Path) -> None:
    world = World()
    plan = planned(
        Step(Small("bad", world, acts=fails)),
        Step(Small("slow", world, acts=takes(0.5))),
        Step(Small("after", world), ("bad",)),
        Step(Small("later", world), ("slow",)),
    )
    with pytest.raises(SentimentError, match="No"):
        executor.apply(somewhere(), plan, journal(tmp_path), ignore)
    assert "made slow" in world.done
    assert not {"begin after", "begin later"} & set(world.done)
    state = load(tmp_path, "dev")
    assert state is not None
    assert {each.kind: each.status for each in state.resources.values()} == {"bad": "creating", "slow": "created"}


def interrupt_after(seconds: float) -> None:
    def press() -> None:
        time.sleep(seconds)
        _thread.interrupt_main()

    threading.Thread(target=press, daemon=True).start()


def test_ctrl_c_finishes_what_is_being_written_and_leaves_what_is_waited_for(tmp_path: Path) -> None:
    world, aws = World(), somewhere()
    waits = Small("waits", world, acts=lambda: aws.await_(lambda: False, seconds=60) and None)
    plan = planned(
        Step(Small("writes", world, acts=takes(1.0))), Step(waits), Step(Small("next", world), ("writes", "waits"))
    )
    began = time.monotonic()
    interrupt_after(0.3)
    with pytest.raises(Interrupted):
        executor.apply(aws, plan, journal(tmp_path), ignore)
    assert time.monotonic() - began < 5
    assert "made writes" in world.done
    assert "begin next" not in world.done


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    world = World()
    plan = planned(Step(Small("stubborn", world, acts=takes(3.0))))
    began = time.monotonic()
    interrupt_after(0.3)
    interrupt_after(0.8)
    with pytest.raises(KeyboardInterrupt):
        executor.apply(somewhere(), plan, journal(tmp_path), ignore)
    assert time.monotonic() - began < 2


def test_events_say_which_step_they_belong_to(tmp_path: Path) -> None:
    events: list[Event] = []

    class Telling(Small):
        def create(self, aws: Any, emit: Any) -> None:
            emit(Progress("Uploaded", 1, 2, "bytes"))
            super().create(aws, emit)

    executor.apply(somewhere(), planned(Step(Telling("a", World()))), journal(tmp_path), events.append)
    started, progress, done = events
    assert isinstance(started, StepStarted)
    assert (started.number, started.total, started.title) == (1, 1, "Create a")
    assert isinstance(progress, Progress)
    assert progress.step == "Create a"
    assert isinstance(done, StepDone)
    assert (done.title, done.detail) == ("Create a", "the-a")


def test_a_change_that_is_kept_is_never_made(tmp_path: Path) -> None:
    world = World(there={"a": 1})
    step = Step(Small("a", world))
    plan = Plan(None, (Change(step, "keep", "same value", 1),), Cost(None, None, ""))  # type: ignore[arg-type]
    assert executor.apply(somewhere(), plan, journal(tmp_path), ignore) == []
    assert world.done == []
    assert not (tmp_path / "dev").exists()
