"""Two streams: what is shown is text, whoever wrote it."""

from __future__ import annotations

import pytest

from sentiment_cli.errors import SentimentError
from sentiment_cli.terminal.console import Terminal, card, table

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
