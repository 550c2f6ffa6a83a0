"""`logs`: what the endpoint and the API have written."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag
from sentiment_cli.commands.spans import seconds

if TYPE_CHECKING:
    from sentiment_cli.deployment.logs import Line


class Source(StrEnum):
    all = "all"
    endpoint = "endpoint"
    api = "api"


@command
def logs(
    run: Run,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new lines until Ctrl-C.")] = False,
    source: Annotated[Source, typer.Option(help="Whose lines.")] = Source.all,
    since: Annotated[str, typer.Option(metavar="TIME", help="How far back: 90s, 10m, 2h or 3d.")] = "1h",
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
) -> None:
    """Show what the endpoint's containers and the API's function have written.

    With --json every line is an object.

    Examples:

      sentiment-cli logs

      sentiment-cli logs -f --source endpoint --since 10m
    """
    from sentiment_cli.commands.place import enter, where
    from sentiment_cli.deployment import logs as reading

    began = max(0, int((time.time() - seconds("--since", since)) * 1000))  # CloudWatch knows no time before 1970
    place = enter(run, stage, sandbox, where(region, profile), hosting=False)
    if follow:
        for lines in reading.follow(place.aws, place.names, source.value, began):
            _show(run, lines)
    else:
        found = reading.read(place.aws, place.names, source.value, began)
        _show(run, found)
        if not found:
            run.terminal.say(f"Nothing was written in the last {since}.")


def _show(run: Run, lines: Iterable[Line]) -> None:
    from sentiment_cli.terminal.console import printable

    for line in lines:
        at = datetime.fromtimestamp(line.at / 1000, UTC).isoformat(timespec="milliseconds")
        if run.terminal.as_json:
            run.terminal.result({"time": at, "source": line.source, "text": line.text})
        else:
            run.terminal.line(f"{at} {line.source:8} {printable(line.text)}")
