"""Answers in pages, as the JSON services give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sentiment_cli.sandbox.calls import Fault

T = TypeVar("T")


def page(items: Sequence[T], token: Any, size: int, *, code: str) -> tuple[Sequence[T], str]:
    """The page that `token` asks for and the token of the next one, empty after the last.

    Raises Fault `code` for a token that was never given out.
    """
    if token and not str(token).isdigit():
        raise Fault(code, "The pagination token is not valid.")
    start = int(token or 0)
    following = start + size
    return items[start:following], str(following) if following < len(items) else ""


def answer(name: str, items: Sequence[Any], token: str) -> Mapping[str, Any]:
    """A page as the members of an output."""
    return {name: items, **({"NextToken": token} if token else {})}
