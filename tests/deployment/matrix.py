"""For killing at many places: a stage in a sandbox of its own, what it asks, and a fair sample."""

from __future__ import annotations

import json
import os
import random
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.deployment.deploying import Target
from sentiment_cli.sandbox import Sandbox
from server_image import artifact

Case = TypeVar("Case")

FULL = os.environ.get("FULL_MATRIX") == "1"
RUNS = 20
"""In so many runs, one a day, a sample covers everything; RUN=n stands for the day."""


def sample(cases: Sequence[Case], parts: int = RUNS) -> list[Case]:
    """A part of `cases`, another one for every RUN=n below `parts`; all of them where FULL_MATRIX=1."""
    mixed = list(cases)
    random.Random(1).shuffle(mixed)
    run = int(os.environ.get("RUN") or 0)
    return mixed if FULL else mixed[run % parts :: parts]


@dataclass
class Stage:
    """A project's stage in a sandbox that nobody else uses."""

    box: Sandbox
    target: Target

    @property
    def aws(self) -> Aws:
        return connect("eu-west-1")

    def asked(self, since: int = 0) -> list[dict[str, Any]]:
        """What was asked of AWS, from line `since` of the access log on."""
        return [json.loads(line) for line in self.box.access_log.read_text().splitlines()[since:]]

    @property
    def seen(self) -> int:
        return len(self.box.access_log.read_text().splitlines())

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


def retrained(model: Path, where: Path) -> None:
    """Another artifact that answers as `model` does."""
    with tarfile.open(model) as archive:
        files = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]
    manifest = json.loads(files.pop("manifest.json"))
    artifact.pack(where, files, {**manifest, "training_data": "another"})
