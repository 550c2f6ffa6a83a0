"""What is followed comes whole and once, also what arrives after lines that were written later."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from sentiment_cli.deployment import logs
from sentiment_cli.resources.names import Names

NAMES = Names("tweets", "dev", "123456789012", "eu-west-1")


class Group:
    """A log group of CloudWatch; and how far back it was asked for."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.asked: list[int] = []

    def write(self, at: int, text: str) -> None:
        self.events.append({"timestamp": at, "message": f"{text}\n", "eventId": text})

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:
        self.asked.append(startTime)
        yield {"events": [each for each in self.events if each["timestamp"] >= startTime]}


def following(group: Group) -> Iterator[list[str]]:
    client = SimpleNamespace(get_paginator=lambda _: group)
    aws: Any = SimpleNamespace(client=lambda _: client)
    for lines in logs.follow([logs.on_aws(aws, NAMES, "endpoint")], 1_000, lambda _: False):
        yield [line.text for line in lines]


def test_a_line_that_arrives_late_is_shown_and_none_twice() -> None:
    group = Group()
    group.write(100_000, "first")
    shown = following(group)
    assert next(shown) == ["first"]
    group.write(95_000, "late")
    group.write(101_000, "next")
    assert next(shown) == ["late", "next"]
    assert next(shown) == []
    group.write(92_000, "later still")
    assert next(shown) == ["later still"]
    # What is older than that is not read again and again.
    assert group.asked == [1_000, 90_000, 91_000, 91_000]
