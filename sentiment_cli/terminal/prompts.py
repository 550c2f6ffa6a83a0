"""Asking a person: lists to pick from, lines to type, yes or no; every question is put on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any

from sentiment_cli.questions import Choice, Prompter
from sentiment_cli.redaction import without_secrets


def prompter() -> Prompter:
    """Pickers where the terminal can draw them, numbered lists on a dumb one."""
    return PlainPrompter() if os.environ.get("TERM") == "dumb" else PickerPrompter()


class PickerPrompter:
    """Questions drawn by questionary. Ctrl-C raises KeyboardInterrupt."""

    def choose(self, text: str, choices: Sequence[Choice], default: Any) -> Any:
        import questionary

        room = shutil.get_terminal_size().columns - len(" » ") - 1
        items = [questionary.Choice(title=_title(each, choices, room), value=each) for each in choices]
        preset = next((item for item, each in zip(items, choices, strict=True) if each.value == default), items[0])
        many = len(items) > 15
        chosen = self._ask(
            questionary.select,
            text,
            choices=items,
            default=preset,
            use_search_filter=many,
            use_jk_keys=not many,
            instruction="(arrow keys, type to filter)" if many else "(arrow keys, Enter)",
            erase_when_done=True,  # questionary would repeat the whole line with its hint
        )
        self._echo(text, chosen.title)
        return chosen.value

    def type_in(self, text: str, default: str, problem: Callable[[str], str | None], *, path: bool = False) -> str:
        import questionary

        def check(value: str) -> bool | str:
            return problem(value) or True

        question = questionary.path if path else questionary.text
        return str(self._ask(question, text, default=default, validate=check)).strip()

    def confirm(self, text: str, *, default: bool) -> bool:
        import questionary

        # With Enter, for a key that slips must not delete what bills, nor what others use.
        return bool(self._ask(questionary.confirm, text, default=default, auto_enter=False))

    def _echo(self, text: str, answer: str) -> None:
        from prompt_toolkit import print_formatted_text
        from prompt_toolkit.formatted_text import FormattedText
        from questionary.constants import DEFAULT_STYLE

        parts = [("class:qmark", "?"), ("class:question", f" {text} "), ("class:answer", answer)]
        print_formatted_text(FormattedText(parts), style=DEFAULT_STYLE, output=_stderr())

    def _ask(self, kind: Callable[..., Any], text: str, **options: Any) -> Any:
        return kind(without_secrets(text), output=_stderr(), **options).unsafe_ask()


class PlainPrompter:
    """Questions as plain lines, for terminals that cannot move the cursor and for screen readers."""

    def choose(self, text: str, choices: Sequence[Choice], default: Any) -> Any:
        _put(text)
        for number, each in enumerate(choices, 1):
            _put(f"  {number}. {_title(each, choices, 200)}")
        values = [each.value for each in choices]
        preset = values.index(default) + 1 if default in values else 1
        while True:
            answer = _line(f"Number [{preset}]: ") or str(preset)
            if answer.isdecimal() and 1 <= int(answer) <= len(values):
                return values[int(answer) - 1]
            _put(f"Type a number from 1 to {len(values)}.")

    def type_in(self, text: str, default: str, problem: Callable[[str], str | None], *, path: bool = False) -> str:  # noqa: ARG002
        while True:
            answer = _line(f"{text} [{default}]: " if default else f"{text}: ") or default
            why = problem(answer)
            if why is None:
                return answer
            _put(why)

    def confirm(self, text: str, *, default: bool) -> bool:
        while True:
            answer = _line(f"{text} [{'Y/n' if default else 'y/N'}]: ").lower()
            if not answer:
                return default
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            _put("Answer y or n.")


def _title(choice: Choice, among: Sequence[Choice], room: int) -> str:
    """Title and hint within `room` columns, the hints under each other."""
    if not choice.hint:
        return choice.title
    width = max(len(each.title) for each in among if each.hint)
    line = f"{choice.title:<{width}}  {choice.hint}"
    return line if len(line) <= room else line[: max(room - 1, width)] + "…"


def _stderr() -> Any:
    """Where questions are drawn: stdout is for data."""
    from prompt_toolkit.output import create_output

    return create_output(stdout=sys.stderr)


def _put(text: str) -> None:
    sys.stderr.write(without_secrets(text) + "\n")
    sys.stderr.flush()


def _line(prompt: str) -> str:
    sys.stderr.write(without_secrets(prompt))
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:  # Ctrl-D: nobody will answer
        raise KeyboardInterrupt
    return answer.strip()
