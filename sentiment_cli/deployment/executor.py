"""Applies a plan: steps that do not need each other side by side, each change on record before it is made and after.

A step that fails lets the others end what they write, then nothing new is begun; what is done stays done and is kept
by the next run. Ctrl-C does the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment.planner import Change, Plan
from sentiment_cli.deployment.state import Journal
from sentiment_cli.errors import Interrupted
from sentiment_cli.events import Emit, Event, Note, Progress, StepDone, StepStarted

Result = TypeVar("Result")

AT_ONCE = 6
HEARING = 0.2  # seconds; Python hears no Ctrl-C while it waits for a thread without an end
STOPPING = Note("Stopping: what is being written is finished first. Ctrl-C again leaves at once.", "warning")
_WORDS = {"create": ("creating", "created"), "update": ("updating", "created"), "replace": ("replacing", "created"),
          "delete": ("deleting", "deleted")}  # fmt: skip


@dataclass(frozen=True)
class Done:
    """One step of the result."""

    change: Change
    seconds: float

    def as_dict(self) -> dict[str, str | float]:
        """A row of `steps` in the JSON result."""
        row = self.change.as_dict()
        return {"resource": row["resource"], "name": row["name"], "action": row["action"], "seconds": self.seconds}


@dataclass
class _Run:
    """What is going on while a plan is applied."""

    waiting: list[Change]
    there: set[str]
    running: dict[Future[Done], Change] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    failure: BaseException | None = None


def apply(
    aws: Aws, plan: Plan, journal: Journal, emit: Emit, notes: Mapping[str, str] = MappingProxyType({})
) -> list[Done]:
    """Make every change of `plan`; `notes` has what is to be known when a kind's step begins.

    Raises what the first failing step raised, Interrupted after Ctrl-C.
    """
    todo = plan.todo
    run = _Run(waiting=list(todo), there={change.kind for change in plan.changes if change.action == "keep"})
    pool = ThreadPoolExecutor(AT_ONCE)

    def begin(change: Change) -> None:
        run.waiting.remove(change)
        number = len(todo) - len(run.waiting)  # in the order in which they begin, which is not always the plan's
        tell = _numbered(number, len(todo), change, emit)
        tell(StepStarted(0, 0, "", change.step.resource.usual))  # here, for threads begin when they like
        if change.kind in notes:
            emit(Note(notes[change.kind]))
        run.running[pool.submit(_make, aws, change, journal, tell)] = change

    try:
        _until_done(run, begin)
    except KeyboardInterrupt:
        aws.leaving.set()
        run.waiting.clear()
        emit(STOPPING)
        _until_done(run, begin)
        raise Interrupted("Interrupted.", code="interrupted") from None
    finally:
        pool.shutdown(wait=False)
    if run.failure is not None:
        raise run.failure
    return run.done


def _until_done(run: _Run, begin: Callable[[Change], None]) -> None:
    while run.waiting or run.running:
        ready = [each for each in run.waiting if set(each.step.needs) <= run.there]
        for each in ready if run.failure is None else ():
            begin(each)
        if not run.running:
            break
        finished, _ = wait(run.running, timeout=HEARING, return_when=FIRST_COMPLETED)
        for future in finished:
            _take(run, future)


def _take(run: _Run, future: Future[Done]) -> None:
    change = run.running.pop(future)
    error = future.exception()
    if error is None:
        run.done.append(future.result())
        run.there.add(change.kind)
    else:
        run.failure = run.failure or error


def leavable(aws: Aws, work: Callable[[], Result], emit: Emit) -> Result:
    """Do `work` so that Ctrl-C lets it end what it writes; a second one leaves at once. Raises what it raises."""
    pool = ThreadPoolExecutor(1)
    going = pool.submit(work)
    try:
        return _awaited(going)
    except KeyboardInterrupt:
        aws.leaving.set()
        emit(STOPPING)
        return _awaited(going)
    finally:
        pool.shutdown(wait=False)


def _awaited(going: Future[Result]) -> Result:
    while not going.done():
        wait([going], timeout=HEARING)
    return going.result()


def _make(aws: Aws, change: Change, journal: Journal, emit: Emit) -> Done:
    resource, began = change.step.resource, time.monotonic()
    doing, finished = _WORDS[change.action]
    journal.note(resource.kind, resource.name, doing)
    with translated(f"{change.action} the {resource.kind} {resource.name}"):
        if change.action == "create":
            resource.create(aws, emit)
        else:
            resource.update(aws, change.found, emit)
    journal.note(resource.kind, resource.name, finished)
    seconds = time.monotonic() - began
    emit(StepDone("", seconds, resource.name))
    return Done(change, round(seconds, 2))


def _numbered(number: int, total: int, change: Change, emit: Emit) -> Emit:
    """An `Emit` that says of every event which step it belongs to."""
    title = f"{_TITLES[change.action]} {change.kind}"

    def pass_on(event: Event) -> None:
        if isinstance(event, StepStarted):
            event = replace(event, number=number, total=total, title=title)
        elif isinstance(event, StepDone):
            event = replace(event, title=title)
        elif isinstance(event, Progress):
            event = replace(event, step=title)
        emit(event)

    return pass_on


_TITLES = {"create": "Create", "update": "Update", "replace": "Replace", "delete": "Delete"}
