"""SageMaker hosting for the sandbox: endpoints that are real servers, on real images and artifacts, and fail like them.

One server stands for all instances of a variant. Models have one container; there are no inference components, no
shadow variants, no data capture.
"""

from __future__ import annotations

from collections.abc import Mapping

from sentiment_cli.sandbox.calls import Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.faults import Faults
from sentiment_cli.sandbox.hosting.hosting import Hosting

__all__ = ["Hosting", "close", "meet", "services"]

_open: list[Hosting] = []


def services(context: Context) -> Mapping[tuple[str, str], Handler]:
    """What answers SageMaker's operations in the sandbox `context`, until `close`."""
    hosting = Hosting(context)
    _open.append(hosting)
    return hosting.services()


def meet(faults: Faults) -> None:
    """Let the servers of endpoints meet the trouble that is arranged for them."""
    for hosting in _open:
        hosting.faults = faults


def close() -> None:
    """Stop every server that was started through `services`."""
    while _open:
        _open.pop().close()
