"""The image and the artifact tried on this machine, as SageMaker will run them, before anything bills.

What fails here would fail there too, after six to twenty minutes and with "did not pass the ping health check".
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sentiment_cli import local_server
from sentiment_cli.deployment.planner import Plan
from sentiment_cli.events import Emit, Event, Note, StepDone, StepStarted
from sentiment_cli.image.platforms import ARM


def rehearse(plan: Plan, folder: Path, engine: str, emit: Emit) -> None:
    """Serve the plan's artifact and ask it the golden texts, in `folder`. `engine` is "docker" or "process".

    Raises SentimentError with the server's own last lines where it does not start or answers something else.
    """
    if plan.stack.recipe.platform == ARM and engine == "docker":
        emit(Note("The image for Graviton (arm64) is not tried on this machine first.", "warning"))
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    local_server.stop(folder)  # what a killed run left
    with local_server.start(
        engine, plan.stack.archive, 0, 1, _quieter(emit), project_dir=folder, detach=False
    ) as running:
        running.wait_ready()


def _quieter(emit: Emit) -> Emit:
    def pass_on(event: Event) -> None:
        if isinstance(event, Note) and event.level == "info":
            return
        if isinstance(event, (StepStarted, StepDone)):
            event = replace(event, title=f"Rehearse: {event.title}")
        emit(event)

    return pass_on
