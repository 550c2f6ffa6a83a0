"""Which parts of the sandbox answer which operations; what none of them answers is moto's."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.faults import Faults

PARTS = ("gaps", "registry", "hosting", "lambdas", "gateway")


class Services:
    """The services of one sandbox, opened."""

    def __init__(self, context: Context) -> None:
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.checks: dict[str, Callable[[Call], None]] = {}
        self.gateway: Any = None
        self._parts = [part for name in PARTS if (part := _part(name)) is not None]
        for part in self._parts:
            self.handlers.update(_of(part, "services", context) or {})
            self.checks.update(_of(part, "checks", context) or {})
            self.gateway = self.gateway or _of(part, "application", context)

    def meet(self, faults: Faults) -> None:
        """Let services ask for the trouble that is arranged for what they run."""
        for part in self._parts:
            _of(part, "meet", faults)

    def close(self) -> None:
        """Let every service end what it runs."""
        for part in self._parts:
            close: Callable[[], None] | None = getattr(part, "close", None)
            if close is not None:
                close()


def _of(part: ModuleType, name: str, given: Context | Faults) -> Any:
    function: Callable[[Any], Any] | None = getattr(part, name, None)
    return function(given) if function is not None else None


def _part(name: str) -> ModuleType | None:
    full = f"sentiment_cli.sandbox.{name}"
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name == full:
            return None
        raise
