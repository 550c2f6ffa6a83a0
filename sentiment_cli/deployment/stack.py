"""The resources of a stage, made of a project and a trained artifact, in the order of their needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sentiment_cli.image import Recipe, platforms, recipe
from sentiment_cli.project import ARTIFACT, Project
from sentiment_cli.resources import Resource, Unwanted
from sentiment_cli.resources.api import Api
from sentiment_cli.resources.artifact import Artifact, sha256_of
from sentiment_cli.resources.bucket import Bucket
from sentiment_cli.resources.endpoint import Endpoint
from sentiment_cli.resources.endpoint_config import EndpointConfig
from sentiment_cli.resources.execution_role import ExecutionRole
from sentiment_cli.resources.expiry import Expiry
from sentiment_cli.resources.expiry_role import ExpiryRole
from sentiment_cli.resources.image import Image
from sentiment_cli.resources.log_group import LogGroup
from sentiment_cli.resources.model import Model
from sentiment_cli.resources.names import Names
from sentiment_cli.resources.repository import Repository


@dataclass(frozen=True)
class Step:
    """A resource, and the kinds that have to be there before it is made."""

    resource: Resource | Unwanted
    needs: tuple[str, ...] = ()
    reason: str = "it does not exist"
    """Why it is made."""


@dataclass(frozen=True)
class Stack:
    """What a stage is made of. `manifest` is the artifact's."""

    names: Names
    steps: tuple[Step, ...]
    manifest: Mapping[str, Any]
    archive: Path
    artifact: Artifact
    config: EndpointConfig
    recipe: Recipe
    api: Api | None


def build(
    project: Project, project_dir: Path, names: Names, manifest: Mapping[str, Any],
    *, with_api: bool, with_image: bool, expires: datetime | None = None,
) -> Stack:  # fmt: skip
    """The stack of `project`, whose endpoint ends when it `expires`.

    Without `with_image` nothing is built or pushed: where there is no Docker engine, only a sandbox that runs endpoints
    as processes can take that.
    """
    archive = project_dir / ARTIFACT
    content = recipe(manifest, platform=platform_of(project))
    artifact = Artifact(names, archive, sha256_of(archive))
    model = Model(names, content.tag, artifact.sha256, artifact.key, pushed=with_image)
    config = _config(project, names, model.name)
    api = Api(names, project_dir, project.api.auth, names.endpoint) if with_api else None
    # Before the endpoint, so that it never bills without an end that was asked for.
    end = _end(names, expires) if expires else []
    before = (EndpointConfig.kind, LogGroup.kind, *((Expiry.kind,) if end else ()))
    steps = [
        Step(ExecutionRole(names)),
        Step(Bucket(names)),
        Step(artifact, (Bucket.kind,)),
        Step(Repository(names)),
        *([Step(Image(names, content), (Repository.kind,))] if with_image else []),
        Step(LogGroup(names)),
        Step(model, (ExecutionRole.kind, Artifact.kind, Image.kind if with_image else Repository.kind)),
        Step(config, (Model.kind,)),
        *end,
        Step(Endpoint(names, config.name, config.hosting == "serverless"), before),
        *([Step(api, (Endpoint.kind, Bucket.kind))] if api else []),
    ]
    return Stack(names, tuple(steps), manifest, archive, artifact, config, content, api)


def _end(names: Names, at: datetime) -> list[Step]:
    expiry = Expiry(names, at)
    return [Step(ExpiryRole(names)), Step(expiry, (ExpiryRole.kind,), f"it does not exist; {expiry.reason}")]


def platform_of(project: Project) -> str:
    """The platform that the project's instance type runs."""
    return platforms.platform_of("" if project.endpoint.kind == "serverless" else project.endpoint.instance_type)


def _config(project: Project, names: Names, model: str) -> EndpointConfig:
    chosen = project.endpoint
    kind: Literal["realtime", "serverless"] = chosen.kind
    return EndpointConfig(names, model, kind, chosen.instance_type, chosen.instance_count, chosen.memory_mb)
