"""A sandbox with a Docker engine, repositories of its ECR, and images that are really pushed."""

from __future__ import annotations

import io
import tarfile
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sentiment_cli import sandbox
from tests.sandbox.conftest import Aws

Push = Callable[..., str]


@pytest.fixture(scope="session")
def docker_aws(docker_engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    project = tmp_path_factory.mktemp("registry")
    yield Aws(sandbox.up(project, engine="docker"))
    sandbox.down(project)


@pytest.fixture
def ecr(docker_aws: Aws) -> Any:
    return docker_aws.client("ecr")


@pytest.fixture
def push(docker_engine: Any) -> Iterator[Push]:
    """Pushes an image with one small layer of new content as "URI:tag"; its id, which `same` pushes again."""
    ids: set[str] = set()

    def pushed(uri: str, tag: str, same: str | None = None) -> str:
        made = same or _import(docker_engine)
        ids.add(made)
        docker_engine.api.tag(made, uri, tag)
        login = {"username": "AWS", "password": "any"}
        for message in docker_engine.api.push(uri, tag, stream=True, decode=True, auth_config=login):
            assert "error" not in message, message
        docker_engine.images.remove(f"{uri}:{tag}", noprune=True)
        return made

    yield pushed
    for each in ids:
        docker_engine.images.remove(each, force=True)


def _import(docker_engine: Any) -> str:
    name, content = f"registry-test:{uuid.uuid4().hex}", io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        member = tarfile.TarInfo("content")
        member.size = len(name)
        archive.addfile(member, io.BytesIO(name.encode()))
    repository, tag = name.split(":")
    docker_engine.api.import_image_from_data(content.getvalue(), repository=repository, tag=tag)
    return str(docker_engine.images.get(name).id)
