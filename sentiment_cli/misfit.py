"""Why a settings file does not fit its schema, in the terms of the file: msgspec speaks of types and enums."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec import Struct, ValidationError

from sentiment_cli import allowed
from sentiment_cli.errors import InputError

# An installed package has no docs: its project's repository does.
EVERY_KEY = "https://github.com/sentiment-cli/sentiment-cli/blob/main/docs/configuration.md"


class Unfit(ValidationError):
    """A value of the right kind that cannot be used all the same: the place (dotted), and why in our own words."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{why} - at `$.{place}`")
        self.why = why


def explain(path: Path, error: ValidationError, values: dict[str, Any], root: type[Struct]) -> InputError:
    """msgspec's message in the terms of the file: where, what stands there, what it takes, or which key was meant."""
    message, place = str(error), place_of(error)
    fix = f"Correct it; {EVERY_KEY} lists every key."
    if unknown := re.search(r"unknown field `(.*?)`", message):
        where = f"[{place}]" if place else "The file"
        why = f"{where} has an unknown key `{unknown.group(1)}`."
        near = get_close_matches(unknown.group(1), [each.name for each in _kind_at(root, place).fields], n=1)
        fix = f"Did you mean `{near[0]}`?" if near else f"Remove it; {EVERY_KEY} lists every key."
    elif missing := re.search(r"missing required field `(.*?)`", message):
        why, fix = f"The key `{missing.group(1)}` is missing.", 'Correct it: `name = "my-tweets"` at the top, say.'
    else:
        why = f"[{place}] cannot be {allowed.shown(_value_at(values, place))}: {takes_at(error, root)}."
    return InputError(f"Cannot use {path}.", why, fix, code="bad-config")


def place_of(error: ValidationError) -> str:
    """Where the error is, dotted; "" for the whole."""
    found = re.search(r"`\$\.?([^`]*)`$", str(error))
    return found.group(1) if found else ""


def takes_at(error: ValidationError, root: type[Struct]) -> str:
    """What the place of the error takes."""
    if isinstance(error, Unfit):
        return error.why
    return f"it takes {allowed.setting(_kind_at(root, place_of(error)))}"


def _value_at(values: dict[str, Any], place: str) -> Any:
    found: Any = values
    for name in _names(place):
        found = found[name]
    return found


def _kind_at(root: type[Struct], place: str) -> Any:
    from msgspec import inspect

    kind: Any = inspect.type_info(root)
    for name in _names(place):
        kind = next(each.type for each in kind.fields if each.name == name)
    return kind


def _names(place: str) -> list[str]:
    """The keys that lead to a place; one within a list is the list's."""
    return [name for name in re.sub(r"\[.*?\]", "", place).split(".") if name]
