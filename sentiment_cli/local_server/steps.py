"""Counts the numbered steps that the user sees while a server starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from sentiment_cli.events import Emit, StepDone, StepStarted


class Steps:
    """`total` steps, one after another."""

    def __init__(self, emit: Emit, total: int) -> None:
        self.emit = emit
        self.total = total
        self._number = 0

    @contextmanager
    def step(self, title: str, usual: str = "") -> Iterator[list[str]]:
        """The next step; the words put into the list become its result."""
        self._number += 1
        self.emit(StepStarted(self._number, self.total, title, usual))
        began, detail = monotonic(), list[str]()
        yield detail
        self.emit(StepDone(title, monotonic() - began, " ".join(detail)))
