"""Draws docs/terminal.svg: the first four commands, really run, as a terminal shows them.

`make picture` runs it. Nothing in the picture is typed in by hand but the commands.
"""

from __future__ import annotations

import io
import re
import tempfile
import time
from pathlib import Path

from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.commands.screen import ENTER, Screen

TARGET = Path(__file__).parent / "terminal.svg"
QUESTIONS = ("Project name", "Labelled texts", "AWS region", "hold the model", "Instance type", "call the API", "Write")
SHELL = Style(color="green", bold=True)


def main() -> None:
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        init(console, home)
        project = home / "my-tweets"
        show(console, ["train"], project)
        show(console, ["serve-local", "--detach"], project)
        try:
            show(console, ["invoke", "--explain", "Today was a great day!", "never again. so disappointed :("], project)
        finally:
            Screen("serve-local", "--stop", cwd=project).end()
    svg = console.export_svg(title="sentiment-cli", clear=False)
    # The picture must not load a font from anywhere.
    TARGET.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


def init(console: Console, home: Path) -> None:
    screen = Screen("init", "my-tweets", cwd=home, rows=90)
    for question in QUESTIONS:
        screen.wait_for(question)
        time.sleep(0.3)
        screen.press(ENTER)
    screen.end()
    draw(console, ["init", "my-tweets"], screen)


def show(console: Console, command: list[str], cwd: Path) -> None:
    screen = Screen(*command, cwd=cwd)
    screen.end()
    draw(console, command, screen)


def draw(console: Console, command: list[str], screen: Screen) -> None:
    words = " ".join(f'"{word}"' if " " in word else word for word in command)
    console.print(Text.assemble(("$ ", SHELL), f"sentiment-cli {words}"))
    rows = [line(screen, number) for number in range(screen.screen.lines)]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    for row in rows:
        console.print(row, soft_wrap=True)
    console.print()


def line(screen: Screen, number: int) -> Text:
    text = Text()
    for column in range(screen.screen.columns):
        char: Char = screen.screen.buffer[number][column]
        text.append(char.data, style(char))
    text.rstrip()
    return text


def style(char: Char) -> Style:
    colour = char.fg if char.fg != "default" else None
    if colour and re.fullmatch(r"[0-9a-f]{6}", colour):
        colour = f"#{colour}"
    return Style(color={"brown": "yellow"}.get(colour or "", colour), bold=char.bold, italic=char.italics)


if __name__ == "__main__":
    main()
