"""Flags of every command that stand before its name: they are moved behind it, where they are read as ever.

So they mean the same in both places, and of a flag that is given twice the command's own, the later one, wins.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

from sentiment_cli.commands import GROUPS
from sentiment_cli.commands.common import SHARED

PANEL = "Flags of every command, before or after its name"


def moved(arguments: Sequence[str]) -> list[str]:
    """`-C dir status --json` as `status -C dir --json`; what names no command stays as it is."""
    flags, rest = _parted(arguments)
    if not _names_one(rest):
        return list(arguments)
    if rest[0] not in GROUPS:
        return [rest[0], *flags, *rest[1:]]
    between, member = _parted(rest[1:])
    flags = [*flags, *between]
    if not _names_one(member):  # the group itself has no flags
        return [*flags, rest[0], *rest[1 + len(between) :]]
    return [rest[0], member[0], *flags, *member[1:]]


def _parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The flags that words begin with, and what follows: a `--` between the two has ended them and says no more."""
    ahead = _length(words)
    rest = list(words[ahead:])
    return list(words[:ahead]), rest[1:] if rest[:1] == ["--"] else rest


def _names_one(words: Sequence[str]) -> bool:
    return bool(words) and not words[0].startswith("-")


def declared(function: Callable[..., None]) -> Callable[..., None]:
    """`function` with these flags besides its own, for help and completion only: a command is given them itself."""
    signature = inspect.signature(function, eval_str=True)
    own = list(signature.parameters.values())
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=_shown(annotation), default=default)
        for name, (annotation, default) in SHARED.items()
    ]

    def wrapper(**values: Any) -> None:
        function(**{each.name: values[each.name] for each in own})

    wrapper.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
    wrapper.__doc__ = function.__doc__
    return wrapper


def _shown(annotation: Any) -> Any:
    """The flag as its commands have it, but under a heading of its own, and without the variable: they read that."""
    kind, option = get_args(annotation)
    option = copy.copy(option)
    option.rich_help_panel, option.envvar = PANEL, None
    return Annotated[kind, option]


def _length(words: Sequence[str]) -> int:
    """How many of the first words are these flags and their values."""
    count = 0
    while count < len(words) and (taken := _taken(words[count])):
        count += taken
    return min(count, len(words))


def _taken(word: str) -> int:
    """How many words a flag takes, itself and its value; 0 for what is none of these flags."""
    valued, switches = _names()
    if word in valued:
        return 2
    if word in switches or any(word.startswith(f"{name}=") for name in valued if name.startswith("--")):
        return 1
    return _short(word, valued, switches)


def _short(word: str, valued: set[str], switches: set[str]) -> int:
    """-yv, -Cdir, -vC dir: letters behind one dash, of which one that takes a value takes the rest."""
    if not word.startswith("-") or word.startswith("--"):
        return 0
    for place, letter in enumerate(word[1:], 2):
        if f"-{letter}" in valued:
            return 1 if word[place:] else 2
        if f"-{letter}" not in switches:
            return 0
    return 1 if len(word) > 1 else 0


def _names() -> tuple[set[str], set[str]]:
    """The flags that take a value, and the switches."""
    valued: set[Any] = set()
    switches: set[Any] = set()
    for annotation, _ in SHARED.values():
        kind, option = get_args(annotation)
        (valued if kind is Path else switches).update((option.default, *option.param_decls))
    return {*filter(None, valued)}, {*filter(None, switches)}
