"""A project with an API, an AWS to deploy it to, and a model that is a few lines of Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentiment_cli import scaffold
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.events import Event
from sentiment_cli.resources.api import Api, key, url_of
from sentiment_cli.resources.names import Names
from tests.sandbox.gateway.conftest import Aws as Sandbox
from tests.sandbox.gateway.conftest import aws as sandbox  # noqa: F401 - a fixture

MUTATING = ("Create", "Put", "Update", "Delete", "Tag", "Untag", "Import", "Add", "Remove", "Attach", "Detach")


def answer(body: dict[str, Any]) -> dict[str, Any]:
    rows = [{"label": "Positive" if "great" in row["text"] else "Negative", "score": 0.9} for row in body["input"]]
    if body.get("explain"):
        rows = [{**row, "explanation": [{"word": "great", "weight": 1.5}]} for row in rows]
    return {"output": rows}


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
        import json

        from sentiment_cli.sandbox.access_log import NAME

        lines = [json.loads(line) for line in (self.sandbox.folder / NAME).read_text().splitlines()]
        start, self.sandbox.seen = self.sandbox.seen, len(lines)
        return [f"{line['service']}:{line['operation']}" for line in lines[start:]]


def project(directory: Path, name: str, auth: str = "api-key") -> None:
    for path, content in scaffold.tree("api", name=name, auth=auth, region="us-east-1"):
        target = directory / "api" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@pytest.fixture
def stage(
    sandbox: Sandbox,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Stage]:
    for variable, value in sandbox.environment().items():
        monkeypatch.setenv(variable, value)
    made = Stage(connect("us-east-1"), Names(_name(request), "dev", "123456789012", "us-east-1"), tmp_path, sandbox, [])
    project(tmp_path, made.names.project)
    sandbox.models[made.names.endpoint] = answer
    made.calls()
    yield made
    del sandbox.models[made.names.endpoint]


def _name(request: pytest.FixtureRequest) -> str:
    import hashlib

    return "t" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]
