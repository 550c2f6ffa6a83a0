"""`serve-local`: the artifact on localhost, in a container or as a plain process."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sentiment_cli.commands.common import Run, command


class Engine(StrEnum):
    auto = "auto"
    docker = "docker"
    process = "process"


@command
def serve_local(
    run: Run,
    engine: Annotated[
        Engine,
        typer.Option(
            help="docker runs the image as SageMaker does; auto takes it if Docker answers.", envvar="SENTIMENT_ENGINE"
        ),
    ] = Engine.auto,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any free one.", envvar="SENTIMENT_PORT")
    ] = 8080,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Server processes.", show_default="one per CPU", envvar="SENTIMENT_WORKERS"),
    ] = None,
    artifact: Annotated[
        Path | None, typer.Option(help="A model.tar.gz, if not the project's own.", envvar="SENTIMENT_ARTIFACT")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave it running and return.", envvar="SENTIMENT_DETACH")
    ] = False,
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
    from sentiment_cli.project import ARTIFACT

    if stop:
        _stop(run)
        return
    path = _artifact(artifact or run.project_dir / ARTIFACT)
    running = local_server.start(
        engine.value,
        path,
        port=port,
        workers=workers,
        project_dir=run.project_dir,
        detach=detach,
        emit=run.terminal.emit,
    )
