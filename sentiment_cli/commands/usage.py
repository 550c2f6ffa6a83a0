"""What is wrong with a command line, in our own words: Typer's are those of click, of pydantic, or of both."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sentiment_cli import allowed
from sentiment_cli.errors import InputError
from sentiment_cli.flags import EMPTY, UNBOUNDED

CODE = "usage"


def explain(error: Any, command: str | None, words: Sequence[str] = ()) -> InputError:
    """The error for whatever Typer refuses; a refusal that is not known here keeps its message.

    `command` is the one that was named, for errors that do not know where they happened; `words` are those of the
    command line.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else f"sentiment-cli {command or ''}".rstrip()
    what, why, fix = (
        _early(error, context, words)
        or _flag(error)
        or _value(error, context)
        or _words(error.format_message(), context)
    )
    return InputError(what, why, f"{fix} `{path} --help` shows how.".strip(), code=CODE)


Told = tuple[str, str, str]


def _early(error: Any, context: Any, words: Sequence[str]) -> Told | None:
    """A flag of a command that is named only after it."""
    name, group = getattr(error, "option_name", None), getattr(context, "command", None)
    if name is None or not hasattr(error, "possibilities") or not hasattr(group, "commands"):
        return None
    place = next((place for place, word in enumerate(words) if word.split("=")[0] == name), 0)
    holders = list(_holders(group, words[place + 1 :], name))
    # A word right behind a flag that takes a value is that value, unless nothing else can be meant.
    apart = [each for each in holders if each[0] or each[2].is_flag or "=" in words[place]]
    if not holders:
        return None
    _, path, option = (apart or holders)[0]
    full = f"{context.command_path} {path}"
    shown = f"{full} {name}" if option.is_flag else f"{full} {name} ..."
    return f"{name} belongs behind {full.partition(' ')[2]}.", "", f"Give it there: `{shown}`."


def _holders(group: Any, words: Sequence[str], name: str) -> Iterator[tuple[int, str, Any]]:
    """The commands among the words that have a flag of this name: place, path and the flag."""
    for place, word in enumerate(words):
        command = group.commands.get(word)
        for _, path, option in _holders(command, words[place + 1 :], name) if hasattr(command, "commands") else ():
            yield place, f"{word} {path}", option
        for option in getattr(command, "params", ()):
            if name in option.opts:
                yield place, word, option


def _flag(error: Any) -> Told | None:
    """A flag that there is not, or one with a value too much or too little."""
    name = getattr(error, "option_name", None)
    if name is None:
        return None
    if hasattr(error, "possibilities"):
        return f"There is no flag {name}.", "", _meant(error.possibilities or ())
    if "not take a value" in error.message:
        return f"{name} takes no value.", "It is a switch: given or not given.", f"Give {name} alone."
    return f"{name} needs a value.", "It is the last word of the command line.", "Give the value after it."


def _value(error: Any, context: Any) -> Told | None:
    """A value that a flag or an argument cannot have."""
    param, hint = getattr(error, "param", None), getattr(error, "param_hint", None)
    if hint is not None:
        return f"{hint} cannot be used.", _sentence(error.message), "Leave one of them out."
    if param is None:
        return None
    given, takes = _given(error), _takes(param)
    if context is not None and getattr(context.get_parameter_source(param.name), "name", "") == "ENVIRONMENT":
        named = f"{param.envvar}={given} (it stands for {_name(param)})"
    else:
        named = f"{_name(param)} {given}"
    if error.message in (EMPTY, UNBOUNDED):
        return f"{named} cannot be used.", error.message, "Give a value, or leave it out."
    return f"{named} cannot be used.", _not_there(error.message) or takes or _sentence(error.message), "Correct it."


def _words(message: str, context: Any) -> Told:
    """What is told by its message alone: words that are no command, or too many."""
    if unknown := re.match(r"No such command '([^']*)'", message):
        known = getattr(getattr(context, "command", None), "commands", {})
        near = get_close_matches(unknown.group(1), list(known), n=2)
        return f"There is no command {_shown(unknown.group(1))}.", "", _meant(near)
    if extra := re.search(r"unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        fix = "Put a text or name of several words in quotes."
        return f"These words are too many: {extra.group(1)}.", "The command takes fewer.", fix
    if not message or message.startswith("Missing command"):
        return "A command is missing.", "", ""
    return _sentence(message), "", ""


def _meant(names: Sequence[str]) -> str:
    return f"Did you mean {' or '.join(sorted(names))}?" if names else ""


def _name(param: Any) -> str:
    """--project-dir rather than -C; for an argument its name as the help has it."""
    return (
        max(param.opts, key=len) if getattr(param, "param_type_name", "") == "option" else param.metavar or "The word"
    )


def _given(error: Any) -> str:
    """The value as it was typed: our own refusals and pydantic have it, a refusal of a path names it."""
    if hasattr(error, "given"):
        return _shown(str(error.given))
    cause = error.__cause__
    if hasattr(cause, "errors"):
        return _shown(str(cause.errors()[0].get("input", "")))
    quoted = re.search(r"'(.*)'", error.message)
    return _shown(quoted.group(1)) if quoted else ""


def _shown(text: str) -> str:
    return shlex.quote(text if len(text) <= allowed.LONGEST else f"{text[: allowed.LONGEST - 1]}…")


def _takes(param: Any) -> str:
    """What a flag takes, from what it was declared as; "" where that is not known."""
    described = getattr(param, "type_descriptor", None)
    kind, info = getattr(described, "annotation", None), getattr(described, "parameter_info", None)
    if choices := getattr(described, "choices", None):
        return f"It is {allowed.one_of([getattr(each, 'value', each) for each in choices])}."
    if kind in (int, float) and info is not None:
        return f"It takes {allowed.number(whole=kind is int, ge=info.min, le=info.max)}."
    if kind is bool:
        return "It takes true or false (1 or 0)."
    if kind is Path and info is not None:
        return f"It takes {'a folder' if not info.file_okay else 'a file' if not info.dir_okay else 'a path'}."
    return ""


def _not_there(message: str) -> str:
    """Why a path cannot be used."""
    found = re.match(r"(\w+) '.*' (does not exist|is a file|is a directory|is not readable|is not writable)", message)
    if found is None:
        return ""
    kind = {"dir": "folder", "path": "file or folder"}.get(found.group(1), found.group(1))
    return {
        "does not exist": f"There is no such {kind}.",
        "is a file": "That is a file, and it takes a folder.",
        "is a directory": "That is a folder, and it takes a file.",
        "is not readable": "You may not read it.",
        "is not writable": "You may not write there.",
    }[found.group(2)]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
