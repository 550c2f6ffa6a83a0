"""Events as a person wants to see them: a live line in a terminal, a line now and then anywhere else."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sentiment_cli.events import Event, LogLine, Note, Progress, StepDone, StepStarted

BAR = 24  # columns
MARGIN = 3  # columns: the spinner and what stands around it
QUIET_SECONDS = 30.0  # off a terminal, one line about this often


class Renderer(Protocol):
    """Shows events until it is closed."""

    def show(self, event: Event) -> None: ...

    def close(self) -> None: ...


def renderer_for(console: Console, *, verbose: bool) -> Renderer:
    """Live where the terminal can move its cursor, lines elsewhere."""
    if console.is_terminal and os.environ.get("TERM") != "dumb":
        return LiveRenderer(console, verbose=verbose)
    return LineRenderer(console, verbose=verbose)


class LineRenderer:
    """For pipes, logs and dumb terminals: nothing moves, nothing is repeated."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self.console = console
        self.verbose = verbose
        self.spoke = time.monotonic()
        self.last = ""

    def show(self, event: Event) -> None:
        match event:
            case StepStarted():
                self.last = event.title
                usual = f" (usually {event.usual})" if event.usual else ""
                self._say(f"[{event.number}/{event.total}] {event.title}{usual}")
            case StepDone():
                done = f"done in {duration(event.seconds)}" + (f": {brief(event.detail)}" if event.detail else "")
                self._say(f"  {self._of(event.title)}{done}")
            case Progress():
                if time.monotonic() - self.spoke >= QUIET_SECONDS:
                    self._say(f"  {self._of(event.step)}{amount(event)}")
            case Note():
                self._say(("Warning: " if event.level == "warning" else "") + event.text)
            case LogLine():
                if self.verbose:
                    self._say(f"  {event.source}: {event.text}")

    def close(self) -> None:
        """Nothing is open."""

    def _of(self, step: str) -> str:
        """Which step is meant, where it is not the one that was told of last."""
        return f"{step}: " if step not in ("", self.last) else ""

    def _say(self, text: str) -> None:
        self.spoke = time.monotonic()
        self.console.print(Text(text), soft_wrap=True)


@dataclass
class _Running:
    """A step that is going on."""

    step: StepStarted
    began: float
    progress: Progress | None = None


class LiveRenderer:
    """For terminals: every running step has a spinner, a bar where there is a total, and its elapsed time."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self.console = console
        self.verbose = verbose
        self.live: Live | None = None
        self.running: dict[str, _Running] = {}
        self.tail = ""
        self.spinner = Spinner("dots", style="cyan")
        self.lock = threading.RLock()

    def show(self, event: Event) -> None:
        with self.lock:
            match event:
                case StepStarted():
                    self.tail = ""
                    self.running[event.title] = _Running(event, time.monotonic())
                    self._open()
                case StepDone():
                    self._done(event)
                case Progress():
                    self._of(event.step).progress = event
                    self._open()
                case Note():
                    style = "yellow" if event.level == "warning" else ""
                    mark = "! " if event.level == "warning" else ""
                    self.console.print(Text(mark + event.text, style=style))
                case LogLine():
                    self.tail = event.text
                    if self.verbose:
                        self.console.print(Text(f"  {event.text}", style="dim"))

    def close(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None
        self.running.clear()

    def _of(self, title: str) -> _Running:
        """The step of that title; the one that began last where none is named."""
        if not self.running:  # progress outside of any step
            self.running[title] = _Running(StepStarted(0, 0, title), time.monotonic())
        return self.running.get(title) or next(reversed(self.running.values()))

    def _open(self) -> None:
        if self.live is None:
            self.live = Live(get_renderable=self._picture, console=self.console, refresh_per_second=10, transient=True)
            self.live.start()

    def _done(self, event: StepDone) -> None:
        known = self.running.pop(event.title, None)
        if not self.running and self.live is not None:
            self.live.stop()
            self.live = None
        number = f"{known.step.number}/{known.step.total} " if known and known.step.total else ""
        line = Text.assemble(("✓ ", "green"), (number, "dim"), event.title)
        if event.detail:
            line.append(f"  {brief(event.detail)}", style="dim")
        line.append(f"  {duration(event.seconds)}", style="dim")
        self.console.print(line)

    def _picture(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        for each in list(self.running.values()):
            grid.add_row(*self._row(each))
        if self.tail:
            grid.add_row("", Text(self.tail[: max(20, self.console.width - 30)], style="dim", no_wrap=True))
        return grid

    def _row(self, each: _Running) -> list[RenderableType]:
        step, progress = each.step, each.progress
        number = f"{step.number}/{step.total} " if step.total else ""
        title, spent = Text(number + step.title), duration(time.monotonic() - each.began)
        told = [Text(amount(progress), style="cyan", no_wrap=True)] if progress is not None else []
        usual = f" (usually {step.usual})" if step.usual else ""
        # Where not all of it fits, the bar goes first, and then what is usual: how far it has come is what counts.
        room = self.console.width - MARGIN - sum(each.cell_len + 1 for each in (title, *told)) - len(spent)
        parts: list[RenderableType] = [title]
        if progress is not None and progress.total and room > BAR + len(usual):
            parts.append(ProgressBar(total=progress.total, completed=progress.done, width=BAR))
        parts += told
        parts.append(Text(spent + (usual if room >= len(usual) else ""), style="dim", no_wrap=True))
        line = Table.grid(padding=(0, 1))
        line.add_row(*parts)
        return [self.spinner, line]


def brief(text: str) -> str:
    """`text` with every long digest in it cut to what a person can tell apart."""
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b", r"\1…", text)


def duration(seconds: float) -> str:
    """0.42 s, 12 s, 3 min 5 s, 2 h 4 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def age(seconds: float) -> str:
    """12 s, 3 min, 5 h, 40 days: as much as one wants to know of something that stands."""
    for unit, long in (("days", 2 * 86_400), ("h", 2 * 3_600), ("min", 2 * 60)):
        if seconds >= long:
            return f"{seconds // (long // 2):.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def amount(progress: Progress) -> str:
    """ "Reading 120,000 of 1,600,000 rows", in MB where the unit is bytes."""
    done, total = _quantity(progress.done, progress.unit), progress.total
    of = f" of {_quantity(total, progress.unit)}" if total else ""
    unit = "" if progress.unit == "bytes" else f" {progress.unit}".rstrip()
    return f"{progress.label} {done}{of}{unit}".strip()


def _quantity(number: int, unit: str) -> str:
    return f"{number / 1e6:,.1f} MB" if unit == "bytes" else f"{number:,}"
