"""The lines that the last training, the endpoint's containers and the API's function have written, in the order they
were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_cli import training_log
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


Look = Callable[[int], list[Line]]
"""Every line that was written since then (milliseconds); none where nothing was."""


def of_training(project_dir: Path) -> Look:
    """The log of the last training, which is on this machine."""

    def look(since: int) -> list[Line]:
        lines = enumerate(training_log.read(project_dir))
        told = (Line(each.at, "training", _leveled(each), f"training {number} {each.at}") for number, each in lines)
        return [line for line in told if line.at >= since]

    return look


def on_aws(aws: Aws, names: Names, source: str) -> Look:
    """The logs of "endpoint", "api" or "all"."""
    known = {LogGroup(names).name: "endpoint", f"/aws/lambda/{names.function}": "api"}

    def look(since: int) -> list[Line]:
        found: list[Line] = []
        for group, name in known.items():
            if source in (name, "all"):
                with translated(f"read the log {group}"):
                    found += [_line(name, each) for each in _events(aws, group, since)]
        return found

    return look


def read(looks: Sequence[Look], since: int) -> list[Line]:
    """Every line of all of them, oldest first."""
    return sorted((line for look in looks for line in look(since)), key=lambda line: line.at)


def follow(looks: Sequence[Look], since: int, wait: Callable[[float], bool]) -> Iterator[Sequence[Line]]:
    """`read`, then what is new every two seconds, until `wait` for so many seconds returns true."""
    seen: dict[str, int] = {}
    while True:
        fresh = [line for line in read(looks, since) if line.id not in seen]
        seen |= {line.id: line.at for line in fresh}
        newest = max(seen.values(), default=since)
        since = max(since, newest - LATE_MS)
        seen = {id_: at for id_, at in seen.items() if at >= since}
        yield fresh
        if wait(POLL_SECONDS):
            return


def _events(aws: Aws, group: str, since: int) -> list[dict[str, Any]]:
    pages = aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    return or_none(lambda: [each for page in pages for each in page["events"]], "ResourceNotFoundException") or []


def _line(source: str, event: dict[str, Any]) -> Line:
    return Line(int(event["timestamp"]), source, str(event["message"]).rstrip(), str(event["eventId"]))


def _leveled(said: training_log.Said) -> str:
    return said.text if said.level == "info" else f"{said.level}: {said.text}"
