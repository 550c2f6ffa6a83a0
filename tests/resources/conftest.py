"""A sandbox with a Docker engine for all tests of this folder, a way into it, and a stage of its own for each test."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from sentiment_cli import sandbox
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import Sandbox


@pytest.fixture(scope="session")
def docker_sandbox(docker_engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = tmp_path_factory.mktemp("sandbox")
    yield sandbox.up(project, engine="docker")
    sandbox.down(project)


@pytest.fixture
def aws(docker_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """As the product finds it: by its environment."""
    for name, value in docker_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return connect("us-east-1")


@pytest.fixture
def names(aws: Aws) -> Names:
    """A stage that nothing else uses."""
    return Names(f"p{uuid.uuid4().hex[:10]}", "dev", aws.account, aws.region)


@pytest.fixture
def operations(docker_sandbox: Sandbox) -> Any:
    """What was asked of a service since the test began, in order."""
    began = len(_log(docker_sandbox))

    def since(service: str) -> list[str]:
        return [each["operation"] for each in _log(docker_sandbox)[began:] if each["service"] == service]

    return since


def _log(running: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.access_log.read_text(encoding="utf-8").splitlines()]
