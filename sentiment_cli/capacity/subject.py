"""What is tested: who answers, on what, and what that costs. It is told all of it and finds out nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_cli.capacity.sizing import Hosting
from sentiment_cli.clients.sender import Request


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
