"""Where words go: results to stdout, talk to stderr, one JSON object at the end if asked; colour only where wanted.

Whatever goes through here goes without credentials, for errors of others quote them; `line(keys=True)` and a field of
its own in `result` are for those that a command was asked for.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.status import Status
from rich.text import Text

from sentiment_cli.errors import Declined, Interrupted, SentimentError
from sentiment_cli.events import Event
from sentiment_cli.redaction import without_secrets, without_secrets_in
from sentiment_cli.terminal.fitting import LEAST, Card, Rows
from sentiment_cli.terminal.progress import Renderer, brief, renderer_for

OBEYED = ("Cc", "Cf", "Cs")  # control characters, changes of writing direction, halves of characters
HARMLESS = "\n\t\u200c\u200d"  # the last two join characters within emoji and in some scripts
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
PIPE_WIDTH = 200  # no terminal, no edge: what is piped on or logged should not be broken into short lines


class Terminal:
    """The two streams of one run of a command."""

    def __init__(self, *, as_json: bool = False, color: bool = True, verbose: bool = False) -> None:
        plain = not color or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
        self.as_json = as_json
        self.verbose = verbose
        self.out = _console(sys.stdout, plain)
        self.err = _console(sys.stderr, plain)
        self._renderer: Renderer | None = None
        self._status: Status | None = None

    @property
    def can_ask(self) -> bool:
        """Whether a person sits at both ends of a prompt."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def emit(self, event: Event) -> None:
        """An `Emit`: show progress as this terminal can."""
        if self._renderer is None:
            self._renderer = renderer_for(self.err, verbose=self.verbose)
        self._renderer.show(event)

    def settle(self) -> None:
        """End any live display, so that what follows starts on a line of its own."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._renderer is not None:
            self._renderer.close()

    def say(self, text: str, style: str = "") -> None:
        """A line of talk; `text` is shown as it is, markup in it means nothing."""
        self.settle()
        self.err.print(Text(text, style=style))

    def show(self, renderable: RenderableType) -> None:
        """A result for people; with --json, stdout belongs to the object alone."""
        self.settle()
        (self.err if self.as_json else self.out).print(renderable, crop=False)

    def talk(self, renderable: RenderableType) -> None:
        """Something for people on the way to a result."""
        self.settle()
        self.err.print(renderable, crop=False)

    def line(self, text: str, style: str = "", *, keys: bool = False) -> None:
        """One line of a result, exactly as it is: never wrapped, for it may be piped on or copied.

        `keys` says that credentials in it, or the names of variables in their place, are what it is for.
        """
        self.settle()
        told = Text(text, style=style)
        (self.err if self.as_json else self.out).print(_WithKeys(told) if keys else told, soft_wrap=True)

    def status(self, text: str) -> None:
        """A line that is replaced by the next one; nothing off a terminal."""
        if self._status is None and self.err.is_terminal and os.environ.get("TERM") != "dumb":
            self.settle()
            self._status = self.err.status(Text(text))
            self._status.start()
        elif self._status is not None:
            self._status.update(Text(text))

    def result(self, value: dict[str, Any]) -> None:
        """The one JSON object of `--json`; nothing without it. A key that is asked for has a field of its own."""
        if self.as_json:
            self.settle()
            sys.stdout.write(json.dumps(without_secrets_in(value), ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def fail(self, error: SentimentError) -> None:
        """Say what went wrong, why, and what to do next."""
        self.settle()
        # Stopping and saying no are what the user wanted.
        label = Text() if isinstance(error, (Declined, Interrupted)) else Text("Error: ", "bold red")
        told = {name: without_secrets(text) for name, text in error.as_dict().items()}
        self.err.print(label.append(told["what"], style="bold"))
        if told["why"]:
            self.err.print(Text(brief(told["why"])))
        if told["fix"]:
            self.err.print(Text.assemble(("→ ", "cyan"), told["fix"]))
        self.result({**error.data, "error": error.as_dict()})

    def next_steps(self, *steps: tuple[str, str]) -> None:
        """What to type next: (command, what it does), to stderr."""
        self.settle()
        cells = [(_text(f"  {command}", "bold cyan"), _text(does, "dim")) for command, does in steps]
        self.err.print()
        self.err.print(Text("Next:", style="bold"))
        self.err.print(Rows(("", ""), cells, indent=6), crop=False)


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    title: str = "",
    right: Sequence[int] = (),
    folds: Mapping[int, int] | None = None,
    heading: int = 1,
) -> Rows:
    """A plain table that fits the terminal; cells are text, never markup. `Rows` says what the flags mean."""
    cells = [[_text(cell) for cell in row] for row in rows]
    names = [harmless(each) for each in columns]
    return Rows(names, cells, _text(title, "bold") if title else None, right, folds or {}, heading)


def predictions(texts: Sequence[str], output: Sequence[dict[str, Any]], *, explain: bool) -> Rows:
    """Label, score and text a row; with `explain` the words that decided, for (+) and against (-) the label."""
    rows = []
    for text, row in zip(texts, output, strict=True):
        style = {"positive": "green", "negative": "red"}.get(row["label"].lower(), "cyan")
        cells = [_text(row["label"], f"bold {style}"), Text(f"{row['score']:.3f}"), Text(printable(text))]
        rows.append([*cells, _words(row.get("explanation") or [])] if explain else cells)
    columns = ("label", "score", "text", "words that decided")
    return table(columns[: 4 if explain else 3], rows, right=(1,), folds={2: LEAST, 3: LEAST}, heading=2)


def _text(cell: str | Text, style: str = "") -> Text:
    """A cell as it will be shown, for tables and cards measure their cells."""
    return _redacted(cell) if isinstance(cell, Text) else Text(harmless(without_secrets(cell)), style=style)


def _redacted(text: Text) -> Text:
    """`text` without credentials; where it holds some, also without the styles of its parts."""
    told = without_secrets(text.plain)
    return text if told == text.plain else text.blank_copy(told)


def printable(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal would obey: it may come from a stranger."""
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """`text` without what a terminal would obey; its lines stay."""
    return "".join(c if c in HARMLESS or unicodedata.category(c) not in OBEYED else REPLACEMENT for c in text)


def _words(explanation: Sequence[dict[str, Any]]) -> Text:
    parts = Text()
    for each in explanation[:5]:
        sign, style = ("+", "green") if each["weight"] > 0 else ("-", "red")
        parts.append(f"{sign}{abs(each['weight']):.2f} ", style=style)
        parts.append(f"{printable(each['word'])}  ")
    return parts if explanation else Text("no word that the model knows", style="dim")


def card(title: str, rows: Sequence[tuple[str, str]]) -> Card:
    """A framed result: names and values under a title."""
    return Card(_text(title), [(_text(name, "dim"), _text(value)) for name, value in rows])


@dataclass(frozen=True)
class _WithKeys:
    """A text that `_Console` leaves as it is."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return self.text.__rich_console__(console, options)


class _Console(Console):
    """Shows names of files, labels and words of others as text, wherever they come from, and no credentials."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        # All that is shown ends as texts, those of progress too; here they are still whole.
        if isinstance(renderable, str):
            renderable = Text(renderable)
        if isinstance(renderable, Text):
            renderable = _redacted(renderable)
        for segment in super().render(renderable, options):
            safe = segment.control or segment.text.isprintable()
            yield segment if safe else Segment(harmless(segment.text), segment.style)


def _console(stream: Any, plain: bool) -> Console:
    # A stream that cannot show an emoji shows its number instead of ending the program.
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    columns, rows = _size(stream)
    return _Console(file=stream, no_color=plain, highlight=False, emoji=False, width=columns, height=rows)


def _size(stream: Any) -> tuple[int | None, int | None]:
    """Columns and rows; None where rich finds out, which it does not for a dumb terminal."""
    if "COLUMNS" in os.environ:
        return None, None
    if not stream.isatty():
        return PIPE_WIDTH, None
    if os.environ.get("TERM") != "dumb":
        return None, None
    size = os.get_terminal_size(stream.fileno())
    return size.columns or None, size.lines or None
