"""`serve-local`: the artifact on localhost, in a container or as a plain process."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment_cli.commands.common import Run, command, stopping_in_order

if TYPE_CHECKING:
    from sentiment_cli.local_server import Running


class Engine(StrEnum):
    auto = "auto"
    docker = "docker"
    process = "process"


@command
def serve_local(
    run: Run,
    engine: Annotated[
        Engine,
        typer.Option(help="docker runs the image as SageMaker does; auto takes it if Docker answers."),
    ] = Engine.auto,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any free one.")] = 8080,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=512, help="Server processes.", show_default="one per CPU"),
    ] = None,
    artifact: Annotated[Path | None, typer.Option(help="A model.tar.gz, if not the project's own.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running and return.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the one that is running.")] = False,
) -> None:
    """Serve the trained model on localhost, with a page to try sentences on.

    With Docker this is the very image that is deployed later, run as SageMaker runs it. Without Docker it is the
    same server as a process.

    Examples:

      sentiment-cli serve-local

      sentiment-cli serve-local --engine process --port 0 --detach --json

      sentiment-cli serve-local --stop
    """
    from sentiment_cli import local_server
    from sentiment_cli.errors import Interrupted
    from sentiment_cli.project import ARTIFACT

    if stop:
        _stop(run)
        return
    path = artifact or run.project_dir / ARTIFACT
    announced = False
    try:
        with (
            stopping_in_order(),
            local_server.start(
                engine.value, path, port, workers, run.terminal.emit, project_dir=run.project_dir, detach=detach
            ) as running,
        ):
            running.wait_ready()
            _announce(run, running, detach=detach)
            announced = True
            if not detach:
                _watch(run, running)
    except KeyboardInterrupt:
        what = "The server is stopped." if announced else "Interrupted before the server was ready. Nothing runs."
        raise Interrupted(what, code="interrupted") from None


def _stop(run: Run) -> None:
    from sentiment_cli import local_server

    stopped = local_server.stop(run.project_dir)
    run.terminal.say(f"Stopped {stopped.url}." if stopped else "Nothing is being served for this project.")
    run.terminal.result({"stopped": stopped.url if stopped else None})


def _announce(run: Run, running: Running, *, detach: bool) -> None:
    from sentiment_cli.terminal.console import card

    body = '{"input": [{"text": "Today was a great day!"}]}'
    curl = f"curl {running.url}/invocations -H 'Content-Type: application/json' -d '{body}'"
    rows = [("page", running.url), ("engine", running.engine),
            ("ask", run.command("invoke") + ' "Today was a great day!"'),
            ("stop", run.command("serve-local") + " --stop" if detach else "Ctrl-C")]  # fmt: skip
    run.terminal.show(card("The model is being served", rows))
    run.terminal.line(curl)
    run.terminal.result(running.as_dict())


def _watch(run: Run, running: Running) -> None:
    """Show what the server uses until it is interrupted. Raises SentimentError when it ends by itself."""
    for usage in running.stats():
        run.terminal.status(f"CPU {usage.cpu_percent:.0f} %  memory {usage.memory_bytes / 1e6:.0f} MB")
    raise running.failure()
