"""A project with an API, an AWS to deploy it to, and a model that is a few lines of Python."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentiment_cli import scaffold
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.events import Emit, Event
from sentiment_cli.resources.api import Api, existing, forget, key, url_of
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox.access_log import NAME
from tests.sandbox.gateway.conftest import Aws as Sandbox
from tests.sandbox.gateway.conftest import aws as sandbox  # noqa: F401 - a fixture

MUTATING = ("Create", "Put", "Update", "Delete", "Tag", "Untag", "Import", "Add", "Remove", "Attach", "Detach")


def answer(body: dict[str, Any]) -> dict[str, Any]:
    rows = [{"label": "Positive" if "great" in row["text"] else "Negative", "score": 0.9} for row in body["input"]]
    if body.get("explain"):
        rows = [{**row, "explanation": [{"word": "great", "weight": 1.5}]} for row in rows]
    return {"output": rows}


def delete(aws: Aws, names: Names, project_dir: Path | None, emit: Emit) -> None:
    """Everything of the stage's API, and of the project Chalice's record of it."""
    for each in existing(aws, names):
        each.delete(emit)
    if project_dir is not None:
        forget(project_dir, names.stage)


@dataclass
class Stage:
    """One stage of one project."""

    aws: Aws
    names: Names
    directory: Path
    sandbox: Sandbox
    events: list[Event]

    def api(self, auth: str = "api-key", **options: Any) -> Api:
        return Api(self.names, self.directory, auth, self.names.endpoint, **options)

    def deploy(self, auth: str = "api-key", **options: Any) -> None:
        api = self.api(auth, **options)
        found = api.describe(self.aws)
        if found is None:
            api.create(self.aws, self.events.append)
        elif api.compare(found).action != "keep":
            api.update(self.aws, found, self.events.append)

    @property
    def url(self) -> str:
        return url_of(self.aws, self.names)

    @property
    def key(self) -> str:
        return key(self.aws, self.names) or ""

    def post(self, path: str = "predict", **headers: str) -> httpx.Response:
        body = {"input": [{"text": "Today was a great day!"}]}
        return httpx.post(self.url + path, json=body, headers=headers, trust_env=False, timeout=30)

    def calls(self) -> list[str]:
        """The operations that were asked for since the last look, as "service:Operation"."""
        lines = [json.loads(line) for line in (self.sandbox.folder / NAME).read_text().splitlines()]
        start, self.sandbox.seen = self.sandbox.seen, len(lines)
        return [f"{line['service']}:{line['operation']}" for line in lines[start:]]


def project(directory: Path, name: str, auth: str = "api-key") -> None:
    for path, content in scaffold.tree("api", name=name, auth=auth, region="us-east-1"):
        target = directory / "api" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def begun(sandbox: Sandbox, directory: Path, patch: pytest.MonkeyPatch, node: str) -> Stage:  # noqa: F811
    """A stage of a project of its own; nothing of it is on AWS."""
    for variable, value in sandbox.environment().items():
        patch.setenv(variable, value)
    names = Names("t" + hashlib.sha256(node.encode()).hexdigest()[:10], "dev", "123456789012", "us-east-1")
    made = Stage(connect("us-east-1"), names, directory, sandbox, [])
    project(directory, names.project)
    sandbox.models[names.endpoint] = answer
    made.calls()
    return made


@pytest.fixture
def stage(
    sandbox: Sandbox,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Stage:
    return begun(sandbox, tmp_path, monkeypatch, request.node.nodeid)


@pytest.fixture(scope="module")
def _once(
    sandbox: Sandbox,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Stage:
    with pytest.MonkeyPatch.context() as patch:
        made = begun(sandbox, tmp_path_factory.mktemp("project"), patch, request.node.nodeid)
        made.deploy()
    return made


@pytest.fixture
def deployed(_once: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A deployed stage for tests that only look."""
    for variable, value in _once.sandbox.environment().items():
        monkeypatch.setenv(variable, value)
    _once.calls()
    return _once
