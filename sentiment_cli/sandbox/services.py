"""Which parts of the sandbox answer which operations; what none of them answers is moto's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import ModuleType
from typing import Any

from sentiment_cli.sandbox import gaps, gateway, hosting, registry
from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.faults import Faults


class Services:
    """The services of one sandbox, opened."""

    def __init__(self, context: Context) -> None:
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.checks: dict[str, Callable[[Call], None]] = {}
        self.gateway: Any = None
        self._parts = (gaps, registry, hosting, gateway)
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
        with ExitStack() as stack:  # goes on where one fails
            for part in self._parts:
                stack.callback(getattr(part, "close", lambda: None))


def _of(part: ModuleType, name: str, given: Context | Faults) -> Any:
    function: Callable[[Any], Any] | None = getattr(part, name, None)
    return function(given) if function is not None else None
