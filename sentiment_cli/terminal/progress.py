"""Events as a person wants to see them: a live line in a terminal, a line now and then anywhere else."""

from __future__ import annotations

import os
import time
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sentiment_cli.events import Event, LogLine, Note, Progress, StepDone, StepStarted

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
        self.prefix = ""

    def show(self, event: Event) -> None:
        match event:
            case StepStarted():
                self.prefix = f"[{event.number}/{event.total}] {event.title}"
                self._say(self.prefix + (f" (usually {event.usual})" if event.usual else ""))
            case StepDone():
                self._say(f"  done in {duration(event.seconds)}" + (f": {event.detail}" if event.detail else ""))
            case Progress():
                if time.monotonic() - self.spoke >= QUIET_SECONDS:
                    self._say(f"  {amount(event)}")
            case Note():
                self._say(("Warning: " if event.level == "warning" else "") + event.text)
            case LogLine():
                if self.verbose:
                    self._say(f"  {event.source}: {event.text}")

    def close(self) -> None:
        """Nothing is open."""

    def _say(self, text: str) -> None:
        self.spoke = time.monotonic()
        self.console.print(Text(text), soft_wrap=True)


class LiveRenderer:
    """For terminals: the running step has a spinner, a bar where there is a total, and its elapsed time."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self.console = console
        self.verbose = verbose
        self.live: Live | None = None
        self.step: StepStarted | None = None
        self.progress: Progress | None = None
        self.tail = ""
        self.began = time.monotonic()
        self.spinner = Spinner("dots", style="cyan")

    def show(self, event: Event) -> None:
        match event:
            case StepStarted():
                self.step, self.progress, self.tail, self.began = event, None, "", time.monotonic()
                self._open()
            case StepDone():
                self._done(event)
            case Progress():
                self.progress = event
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

    def _open(self) -> None:
        if self.live is None:
            self.live = Live(get_renderable=self._picture, console=self.console, refresh_per_second=10, transient=True)
            self.live.start()

    def _done(self, event: StepDone) -> None:
        self.close()
        number = f"{self.step.number}/{self.step.total} " if self.step else ""
        line = Text.assemble(("✓ ", "green"), (number, "dim"), event.title)
        if event.detail:
            line.append(f"  {event.detail}", style="dim")
        line.append(f"  {duration(event.seconds)}", style="dim")
        self.console.print(line)
        self.step = self.progress = None

    def _picture(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        elapsed = duration(time.monotonic() - self.began)
        title = f"{self.step.number}/{self.step.total} {self.step.title}" if self.step else ""
        cells: list[Spinner | Text | ProgressBar] = [self.spinner, Text(title)]
        if self.progress is not None:
            if self.progress.total:
                cells.append(ProgressBar(total=self.progress.total, completed=self.progress.done, width=24))
            cells.append(Text(amount(self.progress), style="cyan"))
        usual = f" (usually {self.step.usual})" if self.step and self.step.usual else ""
        cells.append(Text(elapsed + usual, style="dim"))
        grid.add_row(*cells)
        if self.tail:
            grid.add_row("", Text(self.tail[: max(20, self.console.width - 30)], style="dim", no_wrap=True))
        return grid


def duration(seconds: float) -> str:
    """0.42 s, 12 s, 3 min 5 s, 2 h 4 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def amount(progress: Progress) -> str:
    """ "Reading 120,000 of 1,600,000 rows", in MB where the unit is bytes."""
    done, total = _quantity(progress.done, progress.unit), progress.total
    of = f" of {_quantity(total, progress.unit)}" if total else ""
    unit = "" if progress.unit == "bytes" else f" {progress.unit}".rstrip()
    return f"{progress.label} {done}{of}{unit}".strip()


def _quantity(number: int, unit: str) -> str:
    return f"{number / 1e6:,.1f} MB" if unit == "bytes" else f"{number:,}"
