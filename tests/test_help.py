"""--help of every command, as it was last read and accepted: run with UPDATE_GOLDEN=1 and read the difference."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from sentiment_cli.commands import COMMANDS, GROUPS

GOLDEN = Path(__file__).parent / "golden"
MEMBERS = [f"{group} {name}" for group, (_, members) in GROUPS.items() for name in members]


def run(*arguments: str, columns: int = 100) -> str:
    environment = {**os.environ, "TERM": "dumb", "COLUMNS": str(columns), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "sentiment_cli", *arguments],
        env=environment, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip() + "\n"


@pytest.mark.parametrize("name", ["", *COMMANDS, *GROUPS, *MEMBERS])
def test_help_reads_as_accepted(name: str) -> None:
    text = run(*name.split(), "--help")
    path = GOLDEN / f"help-{name.replace(' ', '-') or 'top'}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*COMMANDS, *MEMBERS])
def test_every_command_has_the_common_flags_and_examples(name: str) -> None:
    text = run(*name.split(), "--help")
    for flag in ("--project-dir", "--json", "--yes", "--no-input", "--no-color", "--verbose", "--debug"):
        assert flag in text
    assert "Examples:" in text


@pytest.mark.parametrize("columns", [60, 80, 110])
@pytest.mark.parametrize("name", ["", *COMMANDS, *GROUPS, *MEMBERS])
def test_no_line_of_a_paragraph_ends_before_it_must(name: str, columns: int) -> None:
    prose = run(*name.split(), "--help", columns=columns).partition("Usage:")[2].partition("╭")[0]
    lines = prose.splitlines()[1:]
    for line, following in pairwise(lines):
        word = following.split()[0] if following.strip() else ""
        assert not (line.strip() and word) or len(f"{line} {word}") > columns - 1, line


def test_version() -> None:
    assert run("--version") == "sentiment-cli 0.1.0\n"
