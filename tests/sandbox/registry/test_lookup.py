"""The registry by itself, as the hosting of the sandbox uses it: started when needed, asked for images, ended."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.sandbox import registry
from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.context import Context

from .conftest import Push

pytestmark = pytest.mark.docker

ACCOUNT, REGION = "123456789012", "us-east-1"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    yield Context(tmp_path, "http://127.0.0.1:1", uuid.uuid4().hex[:12], "docker")
    registry.close()


def ask(context: Context, operation: str, account: str = ACCOUNT, **parameters: Any) -> Any:
    handler = registry.services(context)["ecr", operation]
    return handler(Call("ecr", operation, parameters, account, REGION))


def containers(docker_engine: Any, context: Context) -> list[Any]:
    found: list[Any] = docker_engine.containers.list(all=True, filters={"label": "=".join(context.label)})
    return found


def test_an_image_is_found_by_tag_and_by_digest(context: Context, push: Push) -> None:
    uri = ask(context, "CreateRepository", repositoryName="a/b")["repository"]["repositoryUri"]
    push(uri, "one")
    digest = ask(context, "ListImages", repositoryName="a/b")["imageIds"][0]["imageDigest"]

    for name in (f"{uri}:one", f"{uri}@{digest}"):
        found = registry.image(context, ACCOUNT, REGION, name)
        assert found is not None
        assert found.media_type == "application/vnd.docker.distribution.manifest.v2+json"
        assert found.architecture == "amd64"
        assert found.pull_name == f"{uri}@{digest}"
        assert found.repository == "a/b"


def test_what_is_not_in_the_callers_own_registry_is_not_found(context: Context, push: Push) -> None:
    uri = ask(context, "CreateRepository", repositoryName="a/b")["repository"]["repositoryUri"]
    push(uri, "one")

    assert registry.image(context, ACCOUNT, REGION, f"{uri}:two") is None
    assert registry.image(context, ACCOUNT, REGION, uri) is None, "there is no image :latest"
    assert registry.image(context, "999999999999", REGION, f"{uri}:one") is None
    assert registry.image(context, ACCOUNT, "eu-central-1", f"{uri}:one") is None
    assert registry.image(context, ACCOUNT, REGION, f"127.0.0.1:1/a/b@{'sha256:'}{'0' * 64}") is None
    assert registry.image(replace(context, id="other", engine="process"), ACCOUNT, REGION, f"{uri}:one") is None


def test_the_same_name_elsewhere_is_another_place(context: Context, push: Push) -> None:
    uris = [
        ask(context, "CreateRepository", account=account, repositoryName="a/b")["repository"]["repositoryUri"]
        for account in (ACCOUNT, "999999999999")
    ]
    push(uris[1], "one")

    found = registry.image(context, "999999999999", REGION, f"{uris[1]}:one")
    assert found is not None
    assert found.repository == "a/b"
    assert registry.image(context, ACCOUNT, REGION, f"{uris[0]}:one") is None


def test_it_runs_from_the_first_need_to_the_end(context: Context, docker_engine: Any) -> None:
    with pytest.raises(Fault):
        ask(context, "DescribeRepositories", repositoryNames=["none"])
    assert containers(docker_engine, context) == []

    ask(context, "GetAuthorizationToken")
    (running,) = containers(docker_engine, context)
    published = running.attrs["NetworkSettings"]["Ports"]["5000/tcp"]
    assert {each["HostIp"] for each in published} == {"127.0.0.1"}

    registry.close()

    assert containers(docker_engine, context) == []
    assert docker_engine.volumes.list(filters={"label": "=".join(context.label)}) == []


def test_a_registry_that_was_taken_away_is_said(context: Context, docker_engine: Any) -> None:
    ask(context, "CreateRepository", repositoryName="a/b")
    (running,) = containers(docker_engine, context)
    running.kill()

    with pytest.raises(Fault, match="does not answer") as caught:
        ask(context, "ListImages", repositoryName="a/b")

    assert caught.value.status < 500


def test_without_its_image_the_remedy_is_named(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.container, "IMAGE", "127.0.0.1:1/there-is-no-registry:2")

    with pytest.raises(Fault, match=r"docker pull .*--engine process"):
        ask(context, "GetAuthorizationToken")
