"""Two streams: what is shown is text, whoever wrote it, and holds no credentials."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Group
from rich.text import Text

from sentiment_cli.errors import SentimentError
from sentiment_cli.events import LogLine, Note, Progress, StepDone, StepStarted
from sentiment_cli.questions import Choice
from sentiment_cli.terminal import prompts
from sentiment_cli.terminal.console import Terminal, card, predictions, table

HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b2J\u202edrow\u202c [bold]x[/bold] 👩‍👩‍👧"
OBEYED = ("\x1b", "\x07", "\x9b", "\u202e")


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    return out + err


@pytest.mark.parametrize(
    "show",
    [
        lambda terminal: terminal.fail(SentimentError(HOSTILE, HOSTILE, HOSTILE)),
        lambda terminal: terminal.say(HOSTILE),
        lambda terminal: terminal.line(HOSTILE),
        lambda terminal: terminal.next_steps((HOSTILE, HOSTILE)),
        lambda terminal: terminal.show(card("A title", [(HOSTILE, HOSTILE)])),
        lambda terminal: terminal.show(table(("a", "b"), [(HOSTILE, HOSTILE)])),
    ],
)
def test_nothing_that_is_shown_is_obeyed(
    show: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    show(Terminal())  # type: ignore[operator]
    text = shown(capsys)
    assert not [character for character in OBEYED if character in text]
    assert "[bold]x[/bold] 👩‍👩‍👧" in text


def test_lines_stay_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().fail(SentimentError("It failed.", "first\n  second"))
    assert capsys.readouterr().err == "Error: It failed.\nfirst\n  second\n"


TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE"
QUOTED = f"The canonical string should have been 'POST\n/\n\nx-amz-security-token:{TOKEN}\n\nhost'"


def failing(terminal: Terminal) -> None:
    error = SentimentError(QUOTED, QUOTED, QUOTED, code=QUOTED)
    error.data = {"checks": [{"what": QUOTED, QUOTED: (QUOTED, 1)}]}
    terminal.fail(error)


WAYS: dict[str, Callable[[Terminal], object]] = {
    "say": lambda terminal: terminal.say(QUOTED),
    "show": lambda terminal: terminal.show(QUOTED),
    "show a text": lambda terminal: terminal.show(Group(Text(QUOTED, style="bold"))),
    "show a string in a group": lambda terminal: terminal.show(Group(QUOTED)),
    "show a card": lambda terminal: terminal.show(card(QUOTED, [(QUOTED, QUOTED)])),
    "show a table": lambda terminal: terminal.show(table((QUOTED, "b"), [(QUOTED, Text(QUOTED))], title=QUOTED)),
    "show predictions": lambda terminal: terminal.show(
        predictions([QUOTED], [{"label": QUOTED, "score": 1.0}], explain=False)
    ),
    "talk": lambda terminal: terminal.talk(table(("a", "b"), [(Text(QUOTED), QUOTED)])),
    "line": lambda terminal: terminal.line(QUOTED),
    "status": lambda terminal: (terminal.status("first"), terminal.status(QUOTED)),
    "status at once": lambda terminal: terminal.status(QUOTED),
    "result": lambda terminal: terminal.result({"a": [QUOTED], QUOTED: {"b": (QUOTED,)}}),
    "fail": failing,
    "next steps": lambda terminal: terminal.next_steps((QUOTED, QUOTED)),
    "a note": lambda terminal: terminal.emit(Note(QUOTED)),
    "a warning": lambda terminal: terminal.emit(Note(QUOTED, "warning")),
    "a line of a log": lambda terminal: terminal.emit(LogLine("docker", QUOTED)),
    "a step": lambda terminal: terminal.emit(StepStarted(1, 1, QUOTED, QUOTED)),
    "what a step says": lambda terminal: (
        terminal.emit(StepStarted(1, 1, "one")),
        terminal.emit(StepDone("one", 1.0, QUOTED)),
    ),
    "progress": lambda terminal: terminal.emit(Progress(QUOTED, 1, 2, QUOTED)),
}


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "for scripts"])
@pytest.mark.parametrize("screen", [False, True], ids=["piped", "on a screen"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_nothing_that_is_shown_holds_credentials(
    way: Callable[[Terminal], object], *, screen: bool, as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sentiment_cli.terminal.progress.QUIET_SECONDS", 0.0)
    out, err = (Screen(), Screen()) if screen else (io.StringIO(), io.StringIO())
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    terminal = Terminal(as_json=as_json, verbose=True)
    way(terminal)
    terminal.settle()
    written = out.getvalue() + err.getvalue()
    assert "IQoJ" not in written
    silent = (way is WAYS["result"] and not as_json) or (way in (WAYS["status"], WAYS["status at once"]) and not screen)
    assert ("[hidden]" in written) is not silent


def test_questions_hold_no_credentials(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1\nno\n"))
    plain = prompts.PlainPrompter()
    plain.choose(QUOTED, [Choice("a", "a")], None)
    plain.confirm(QUOTED, default=True)
    assert TOKEN not in shown(capsys)
    asked: list[str] = []
    picker: Any = prompts.PickerPrompter()
    picker._ask(lambda text, **_: asked.append(text) or type("Question", (), {"unsafe_ask": str}), QUOTED)
    assert TOKEN not in asked[0]


def test_keys_are_shown_where_they_are_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    export = f"export AWS_SECRET_ACCESS_KEY={TOKEN}"
    terminal.line(export, keys=True)
    terminal.line(export)
    assert capsys.readouterr().out == f"{export}\nexport AWS_SECRET_ACCESS_KEY=[hidden]\n"
    Terminal(as_json=True).result({"api": {"key": TOKEN}, "environment": {"AWS_SECRET_ACCESS_KEY": TOKEN}})
    told = json.loads(capsys.readouterr().out)
    assert told == {"api": {"key": TOKEN}, "environment": {"AWS_SECRET_ACCESS_KEY": TOKEN}}
