"""What the library tells its caller while it works, as frozen values; how they look is the terminal's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class StepStarted:
    """Step `number` of `total` (both from 1) begins; `usual` says how long it tends to take, if that is known."""

    number: int
    total: int
    title: str
    usual: str = ""


@dataclass(frozen=True)
class StepDone:
    """The step of that title is over; `detail` is its result in a few words."""

    title: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units (rows, bytes, layers) inside the current step; `total` is None while unknown."""

    label: str
    done: int
    total: int | None
    unit: str = ""
    step: str = ""
    """Title of the step, where several run side by side; empty for the one that began last."""


@dataclass(frozen=True)
class Note:
    """One line for the user; a warning stands out."""

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True)
class LogLine:
    """A line that another program wrote (docker build, the server), passed on as it is."""

    source: str
    text: str


Event = StepStarted | StepDone | Progress | Note | LogLine
Emit = Callable[[Event], None]


def ignore(event: Event) -> None:
    """An `Emit` for callers who do not want to know."""
