"""`logs`: what the endpoint, the API and the last training have written."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag, enter, where
from sentiment_cli.commands.spans import seconds

if TYPE_CHECKING:
    from sentiment_cli.deployment.logs import Line, Look

SINCE = "1h"


class Source(StrEnum):
    all = "all"
    endpoint = "endpoint"
    api = "api"
    training = "training"


@command
def logs(
    run: Run,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new lines until Ctrl-C.")] = False,
    source: Annotated[Source, typer.Option(help="Whose lines.")] = Source.all,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How far back: 90s, 10m, 2h or 3d.",
            show_default=f"{SINCE}; with --source training all",
        ),
    ] = None,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
) -> None:
    """Show what the endpoint, the API and the project's last training have written.

    With --json every line is an object. The log of the training is on this machine, and the same for
    every stage: for --source training AWS is not asked.

    Examples:

      sentiment-cli logs

      sentiment-cli logs -f --source endpoint --since 10m

      sentiment-cli logs --source training
    """
    from sentiment_cli.deployment import logs as reading

    began = _beginning(source, since)
    looks, wait = _looks(run, source, stage, sandbox, where(region, profile))
    if follow:
        for lines in reading.follow(looks, began, wait):
            _show(run, lines)
        return
    found = reading.read(looks, began)
    _show(run, found)
    if not found:
        run.terminal.say(_nothing(run, source, since))


def _beginning(source: Source, since: str | None) -> int:
    """In milliseconds since 1970, before which CloudWatch knows no time."""
    if since is None and source is Source.training:
        return 0
    return max(0, int((time.time() - seconds("--since", SINCE if since is None else since)) * 1000))


def _looks(
    run: Run, source: Source, stage: str, sandbox: bool, flags: Mapping[str, tuple[str, Any]]
) -> tuple[list[Look], Callable[[float], bool]]:
    """Where to look for lines, and how to wait for more."""
    from sentiment_cli.deployment import logs as reading

    here = reading.of_training(run.project_dir)
    if source is Source.training:
        from sentiment_cli.project import load

        load(run.project_dir)  # elsewhere than in a project it would mean little that there is no log
        return [here], threading.Event().wait
    place = enter(run, stage, sandbox, flags, hosting=False)
    there = reading.on_aws(place.aws, place.names, source.value)
    return [there, here] if source is Source.all else [there], place.aws.leaving.wait


def _nothing(run: Run, source: Source, since: str | None) -> str:
    if source is Source.training and since is None:
        return f"No training is on record here; `{run.command('train')}` keeps the log of its last run."
    return f"Nothing was written in the last {since or SINCE}."


def _show(run: Run, lines: Iterable[Line]) -> None:
    from sentiment_cli.terminal.console import printable

    for line in lines:
        at = datetime.fromtimestamp(line.at / 1000, UTC).isoformat(timespec="milliseconds")
        if run.terminal.as_json:
            run.terminal.result({"time": at, "source": line.source, "text": line.text})
        else:
            run.terminal.line(f"{at} {line.source:8} {printable(line.text)}")
