"""One file a command; each parses, asks, calls, shows and suggests what comes next.

A command is imported when it is asked for: to run one, the others are not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class _When(Mapping[str, Value], Generic[Value]):
    """Values by name, each made when it is asked for."""

    def __init__(self, names: tuple[str, ...], make: Callable[[str, Any], Value]) -> None:
        self._names, self._make = names, make

    def __getitem__(self, name: str) -> Value:
        if name not in self._names:
            raise KeyError(name)
        own = name.replace("-", "_")
        return self._make(own, import_module(f"{__name__}.{own}"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


COMMANDS: Mapping[str, Callable[..., None]] = _When(
    (
        "init", "train", "serve-local", "plan", "deploy", "invoke", "load-test", "status", "logs", "rollback",
        "teardown", "doctor", "policy",
    ),
    lambda name, module: getattr(module, name),
)  # fmt: skip

# commands with commands of their own, and what each is about
GROUPS: Mapping[str, tuple[str, Mapping[str, Callable[..., None]]]] = _When(
    ("sandbox",), lambda name, module: (module.HELP, module.COMMANDS)
)
