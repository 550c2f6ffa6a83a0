"""What is tested: who answers, on what, and what that costs. It is told all of it and finds out nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_cli.capacity.sizing import Hosting
from sentiment_cli.clients.sender import Request


@dataclass(frozen=True)
class Throttle:
    """What stands before a server and lets only so much through."""

    rate: float
    """Requests a second."""
    title: str
    """What it is, in a sentence: "usage plan"."""
    places: Sequence[str]
    """All that would have to be changed for more."""


@dataclass(frozen=True)
class Subject:
    """A server under test."""

    target: str
    """"local", "endpoint" or "api"."""
    title: str
    hosting: Hosting
    here: bool
    """Whether it runs on this machine, beside whoever sends."""
    billed: bool
    """Whether AWS bills it."""
    ask: Callable[[Sequence[str]], Any]
    """Asks texts the friendly way: raises SentimentError with the remedy."""
    prepared: Callable[[Sequence[str]], Request]
    """The request for texts, as it goes over the wire."""
    throttle: Throttle | None = None
    """None where none is known."""
    direct: str = ""
    """The command that tests what is behind the throttle; empty where that is asked directly."""
