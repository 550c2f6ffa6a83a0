"""The lines that the endpoint's containers and the API's function have written, in the order they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_cli.clients.aws_errors import or_none, translated
from sentiment_cli.clients.session import Aws
from sentiment_cli.resources.log_group import LogGroup
from sentiment_cli.resources.names import Names

POLL_SECONDS = 2.0
LATE_MS = 10_000  # lines may arrive that much after ones that were written later


@dataclass(frozen=True)
class Line:
    """One line; `at` is in milliseconds since 1970."""

    at: int
    source: str
    text: str
    id: str


def groups(names: Names, source: str) -> dict[str, str]:
    """Log group -> what it is, for "endpoint", "api" or "all"."""
    known = {LogGroup(names).name: "endpoint", f"/aws/lambda/{names.function}": "api"}
    return {group: name for group, name in known.items() if source in (name, "all")}


def read(aws: Aws, names: Names, source: str, since: int) -> list[Line]:
    """Every line written since then (milliseconds), oldest first; none where nothing was written."""
    found: list[Line] = []
    for group, name in groups(names, source).items():
        with translated(f"read the log {group}"):
            found += [_line(name, each) for each in _events(aws, group, since)]
    return sorted(found, key=lambda line: line.at)


def follow(aws: Aws, names: Names, source: str, since: int) -> Iterator[Sequence[Line]]:
    """`read`, then what is new every two seconds, for as long as it is asked."""
    seen: dict[str, int] = {}
    while True:
        fresh = [line for line in read(aws, names, source, since) if line.id not in seen]
        seen |= {line.id: line.at for line in fresh}
        newest = max(seen.values(), default=since)
        since = max(since, newest - LATE_MS)
        seen = {id_: at for id_, at in seen.items() if at >= since}
        yield fresh
        if aws.leaving.wait(POLL_SECONDS):
            return


def _events(aws: Aws, group: str, since: int) -> list[dict[str, Any]]:
    pages = aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    return or_none(lambda: [each for page in pages for each in page["events"]], "ResourceNotFoundException") or []


def _line(source: str, event: dict[str, Any]) -> Line:
    return Line(int(event["timestamp"]), source, str(event["message"]).rstrip(), str(event["eventId"]))
