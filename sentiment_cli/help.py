"""Texts of `--help` that flow, and what makes it quick.

Typer's imports two parts of rich that cost as much as all the rest, and uses neither here: Markdown is for
`rich_markup_mode="markdown"`, Traceback for pretty exceptions; main has chosen otherwise.
"""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import cleandoc
from types import ModuleType
from typing import Any

UNUSED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


class _StandIn(type):
    """The type of a class that becomes the real one as soon as it is called, or asked for anything."""

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls._real()(*arguments, **options)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls._real(), name)

    def _real(cls) -> Any:
        return getattr(import_module(cls.__module__), cls.__name__)


def flowing(text: str) -> str:
    """`text` with each paragraph on one line, for the terminal to break: Typer does so with the first one only.

    What is indented, such as examples, stays as it is.
    """
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(each if each.startswith(" ") else each.replace("\n", " ") for each in paragraphs)


def load() -> None:
    """Import Typer's help, with stand-ins for what it does not use."""
    missing = {module: name for module, name in UNUSED.items() if module not in sys.modules}
    for module, name in missing.items():
        sys.modules[module] = ModuleType(module)
        setattr(sys.modules[module], name, _StandIn(name, (), {"__module__": module}))
    try:
        import typer.rich_utils  # noqa: F401
    finally:
        for module in missing:
            del sys.modules[module]
