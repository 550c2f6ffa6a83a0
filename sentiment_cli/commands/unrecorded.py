"""What of a stage is up, where this machine has no record of it: in a fresh clone of a project, say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from sentiment_cli.commands.common import Run

if TYPE_CHECKING:
    from sentiment_cli.clients.session import Aws
    from sentiment_cli.project import Project

Deployed = Literal["api", "endpoint"]


def in_sandbox(run: Run, stage: str, flags: Mapping[str, tuple[str, Any]]) -> Deployed | None:
    """The most public of what the sandbox has. Raises InputError if none runs."""
    from sentiment_cli.commands.place import enter
    from sentiment_cli.deployment import answering

    place = enter(run, stage, True, flags, hosting=False)
    return answering.most_public(place.aws, place.names)


def found(run: Run, stage: str, flags: Mapping[str, tuple[str, Any]]) -> Deployed | None:
    """The most public of what AWS has; it is not asked where a server answers on this machine, nor without a region or
    credentials. That it would not say is told, and is no error: there may be nothing to find."""
    from sentiment_cli.clients.session import glance
    from sentiment_cli.errors import SentimentError

    if _is_served_here(run):
        return None
    project = _project(run)
    said = {name: value for name, (_, value) in flags.items() if value is not None}
    region = said.get("region") or (project and project.aws.region)
    if project is None or not region:
        return None
    try:
        aws = glance(region, said.get("profile") or project.aws.profile)
        return _asked(run, aws, project, stage) if aws else None
    except SentimentError as error:
        why = " ".join(filter(None, (error.what, error.why)))
        run.terminal.say(f"AWS does not say whether stage {stage} is deployed: {why}", style="dim")
        return None


def _is_served_here(run: Run) -> bool:
    from sentiment_cli.clients.inference import InferenceClient
    from sentiment_cli.local_server import serving_url

    with InferenceClient(serving_url(run.project_dir)) as client:
        return client.is_up()


def _project(run: Run) -> Project | None:
    """None also for a file that cannot be read: a server on this machine can be asked without one."""
    from sentiment_cli import project
    from sentiment_cli.errors import SentimentError

    try:
        return project.load(run.project_dir)
    except SentimentError:
        return None


def _asked(run: Run, aws: Aws, project: Project, stage: str) -> Deployed | None:
    from sentiment_cli.deployment import answering
    from sentiment_cli.resources.names import Names

    there = answering.most_public(aws, Names(project.name, stage, aws.account, aws.region))
    if there is None:
        run.terminal.say(f"Nothing of stage {stage} is deployed in {aws.region}.", style="dim")
    return there
