"""`invoke`: ask a running model for the sentiment of texts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag, enter, where

if TYPE_CHECKING:
    from sentiment_cli.commands.place import Place

SHOWN_TEXT = 60  # characters of a text in the table


class Target(StrEnum):
    local = "local"
    endpoint = "endpoint"
    api = "api"


@command
def invoke(
    run: Run,
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="Texts; without any, --file or stdin.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="A JSON body, a CSV file, or one text a line; - is stdin."),
    ] = None,
    target: Annotated[
        Target | None, typer.Option(help="What to ask.", show_default="the most public one that is up")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Address of a local server, if not the one serve-local started."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show which words decided.")] = False,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
) -> None:
    """Ask a running model for the sentiment of texts.

    Examples:

      sentiment-cli invoke "Today was a great day!"

      sentiment-cli invoke --file tweets.csv --json > answers.json

      echo "never again" | sentiment-cli invoke --explain
    """
    from sentiment_cli.texts import collect

    asked = collect(texts or [], file, sys.stdin, explain=explain)
    flags = where(region, profile)
    chosen = Target.local if url else target or most_public(run, stage, sandbox, flags)
    with _client(run, chosen, url, lambda: enter(run, stage, sandbox, flags, hosting=False)) as client:
        answer = client.ask(asked.texts, explain=asked.explain)
    if run.terminal.as_json:
        run.terminal.result(answer)
    else:
        _show(run, asked.texts, answer["output"], explain=asked.explain)


def most_public(run: Run, stage: str, sandbox: bool, flags: Mapping[str, tuple[str, Any]] | None = None) -> Target:
    """What the journal of the stage says was deployed. Where it says nothing: a server on this machine that answers, or
    what AWS says; in a sandbox the endpoint, which is then said to be missing."""
    from sentiment_cli.commands import unrecorded
    from sentiment_cli.commands.place import home_of
    from sentiment_cli.deployment.state import load

    state = load(home_of(run, sandbox), stage)
    if state is not None and state.version:
        chosen = Target.api if state.url else Target.endpoint
    elif sandbox:
        chosen = Target(unrecorded.in_sandbox(run, stage, flags or {}) or "endpoint")
    else:
        chosen = Target(unrecorded.found(run, stage, flags or {}) or "local")
    if chosen is not Target.local:
        run.terminal.say(f"Asking the {'API' if chosen is Target.api else 'endpoint'} of stage {stage}.", style="dim")
    return chosen


@contextmanager
def _client(run: Run, target: Target, url: str | None, place: Callable[[], Place]) -> Iterator[Any]:
    """Something with `ask`."""
    from sentiment_cli.clients.inference import InferenceClient

    if target is Target.local:
        from sentiment_cli.local_server import serving_url

        with InferenceClient(url or serving_url(run.project_dir)) as client:
            yield client
        return
    from sentiment_cli.deployment import answering, state

    entered = place()
    with answering.missing(entered.aws, entered.names, state.load(entered.home, entered.stage)):
        if target is Target.endpoint:
            from sentiment_cli.clients.endpoint import EndpointClient

            yield EndpointClient(entered.aws, entered.names.endpoint)
        else:
            from sentiment_cli.deployment.deploying import api_client

            with api_client(entered.aws, entered.names) as client:
                yield client


def _show(run: Run, texts: list[str], output: list[dict[str, Any]], *, explain: bool) -> None:
    from sentiment_cli.terminal.console import predictions

    shown = [text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + "…" for text in texts]
    run.terminal.show(predictions(shown, output, explain=explain))
