"""`invoke`: ask a running model for the sentiment of texts."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command

SHOWN_TEXT = 60  # characters of a text in the table


class Target(StrEnum):
    local = "local"


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
    target: Annotated[Target, typer.Option(help="What to ask.")] = Target.local,
    url: Annotated[
        str | None,
        typer.Option(help="Address of a local server, if not the one serve-local started."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show which words decided.")] = False,
) -> None:
    """Ask a running model for the sentiment of texts.

    Examples:

      sentiment-cli invoke "Today was a great day!"

      sentiment-cli invoke --file tweets.csv --json > answers.json

      echo "never again" | sentiment-cli invoke --explain
    """
    from sentiment_cli.clients.inference import InferenceClient
    from sentiment_cli.texts import collect

    asked = collect(texts or [], file, sys.stdin, explain=explain)
    with InferenceClient(url or _address(run, target)) as client:
        answer = client.ask(asked.texts, explain=asked.explain)
    if run.terminal.as_json:
        run.terminal.result(answer)
    else:
        _show(run, asked.texts, answer["output"], explain=asked.explain)


def _address(run: Run, target: Target) -> str:
    match target:
        case Target.local:
            from sentiment_cli.local_server import serving_url

            return serving_url(run.project_dir)


def _show(run: Run, texts: list[str], output: list[dict[str, Any]], *, explain: bool) -> None:
    from sentiment_cli.terminal.console import predictions

    shown = [text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + "…" for text in texts]
    run.terminal.show(predictions(shown, output, explain=explain))
