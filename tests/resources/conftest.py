"""A sandbox for all tests of this folder, a way into it, and a stage of its own for each test.

Servers are processes there, which is quick; tests marked "docker" get a sandbox that runs containers and takes images.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from sentiment_cli import sandbox
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.events import ignore
from sentiment_cli.resources import endpoint
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import Sandbox
from tests.resources.hosted import Stage
from tests.sandbox.hosting.conftest import fitted


@pytest.fixture(scope="session")
def docker_sandbox(docker_engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    project = tmp_path_factory.mktemp("sandbox")
    yield sandbox.up(project, engine="docker")
    sandbox.down(project)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Sandbox:
    """The sandbox that a test needs."""
    needed = "docker_sandbox" if request.node.get_closest_marker("docker") else "process_sandbox"
    found: Sandbox = request.getfixturevalue(needed)
    return found


@pytest.fixture
def aws(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """As the product finds it: by its environment. Clients are shared by all tests, which saves most of their time."""
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    return replace(_connected(running.id), leaving=threading.Event())


@cache
def _connected(sandbox: str) -> Aws:
    return connect("us-east-1")


@pytest.fixture
def names(aws: Aws) -> Names:
    """A stage that nothing else uses."""
    return Names(f"p{uuid.uuid4().hex[:10]}", "dev", aws.account, aws.region)


@pytest.fixture
def operations(running: Sandbox) -> Any:
    """What was asked of a service since the test began, in order."""
    began = len(_log(running))

    def since(service: str) -> list[str]:
        return [each["operation"] for each in _log(running)[began:] if each["service"] == service]

    return since


@pytest.fixture
def changes(running: Sandbox) -> Any:
    """The operations that changed something since the last look, in order."""
    seen = [len(_log(running))]

    def since() -> list[str]:
        lines = _log(running)
        new, seen[0] = lines[seen[0] :], len(lines)
        return [each["operation"] for each in new if each["mutating"]]

    return since


def _log(running: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.access_log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def stage(aws: Aws, names: Names) -> Iterator[Stage]:
    """A stage whose role, bucket and repository exist; its endpoint does not outlive the test, for the account has
    few instances."""
    yield Stage(aws, names).prepare()
    endpoint.delete(replace(aws, leaving=threading.Event()), names.endpoint, ignore)


@pytest.fixture(scope="session")
def english(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An artifact whose model says Positive or Negative."""
    return fitted(tmp_path_factory.mktemp("english"), ("Negative", "Positive"))


@pytest.fixture(scope="session")
def german(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An artifact whose model says gut or schlecht."""
    return fitted(tmp_path_factory.mktemp("german"), ("schlecht", "gut"))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for AWS looks more often than it would."""
    patient = Aws.await_

    def await_(self: Aws, look: Any, *, seconds: float, first: float = 1.0, longest: float = 15.0) -> bool:
        return patient(self, look, seconds=seconds, first=min(first, 0.1), longest=0.3)

    monkeypatch.setattr(Aws, "await_", await_)
