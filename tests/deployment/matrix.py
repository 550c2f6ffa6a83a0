"""For trouble at many places: a stage in a sandbox of its own, what it asks, and what it can be made of."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.deployment.deploying import Target
from sentiment_cli.deployment.stack import Stack as Planned
from sentiment_cli.events import ignore
from sentiment_cli.resources.endpoint_config import EndpointConfig
from sentiment_cli.resources.model import Model
from sentiment_cli.sandbox import Sandbox
from server_image import artifact

_PLAIN = build_opener(ProxyHandler({}))


@dataclass
class Stage:
    """A project's stage in a sandbox that nobody else uses."""

    box: Sandbox
    target: Target

    @cached_property
    def aws(self) -> Aws:
        """One for all, for making its clients takes longer than asking."""
        return connect("eu-west-1")

    def asked(self, since: int = 0) -> list[dict[str, Any]]:
        """What was asked of AWS, from line `since` of the access log on."""
        return [json.loads(line) for line in self.box.access_log.read_text().splitlines()[since:]]

    @property
    def seen(self) -> int:
        return len(self.box.access_log.read_text().splitlines())

    @property
    def troubled(self) -> bool:
        """Whether trouble is still to come; asked often, so as cheaply as can be."""
        with _PLAIN.open(f"{self.box.url}/_sandbox/faults") as answer:
            return bool(json.load(answer))

    def left(self) -> dict[str, int]:
        """What there is in the sandbox, roles too."""
        roles = len(self.aws.client("iam").list_roles()["Roles"])
        return {**self.box.about()["resources"], **({"roles": roles} if roles else {})}


def operations(asked: Sequence[dict[str, Any]], *, changes: bool) -> Iterator[tuple[str, int]]:
    """Each ("sagemaker:CreateModel", how many of it came before) that was asked, or only what changes something."""
    counts: dict[str, int] = {}
    for each in asked:
        if each["mutating"] or not changes:
            name = f"{each['service']}:{each['operation']}"
            yield name, counts.get(name, 0)
            counts[name] = counts.get(name, 0) + 1


def folder_of(trained: Path, where: Path) -> Path:
    """A copy of a trained project."""
    return Path(shutil.copytree(trained, where / "tweets"))


def add_versions(aws: Aws, stack: Planned, number: int) -> None:
    """So many versions beside that of `stack`, to go back to."""
    for each in range(number):
        key, sha256 = stack.artifact.key, stack.artifact.sha256
        other = Model(stack.names, stack.recipe.tag, sha256, key, {"N": str(each)}, False)
        other.create(aws, ignore)
        EndpointConfig(stack.names, other.name).create(aws, ignore)


def retrained(model: Path, where: Path) -> None:
    """Another artifact that answers as `model` does."""
    with tarfile.open(model) as archive:
        files = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]
    manifest = json.loads(files.pop("manifest.json"))
    artifact.pack(where, files, {**manifest, "training_data": "another"})
