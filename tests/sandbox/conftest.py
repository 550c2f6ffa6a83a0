"""One sandbox for all tests of this folder, as its own process, and AWS clients for any account of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sentiment_cli import sandbox
from sentiment_cli.sandbox import Sandbox

ONCE = Config(retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Aws:
    """The sandbox as its users see it."""

    sandbox: Sandbox

    def client(self, service: str, region: str = "us-east-1", account: str = sandbox.ACCOUNT, **more: Any) -> Any:
        """A client of an account; `more` replaces what it is made with."""
        keys = {"aws_access_key_id": f"SANDBOX{account}", "aws_secret_access_key": self.sandbox.secret_key}
        return boto3.client(service, region, endpoint_url=self.sandbox.url, **{"config": ONCE, **keys, **more})

    def log(self) -> list[dict[str, Any]]:
        """The access log."""
        return [json.loads(line) for line in self.sandbox.access_log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    project = tmp_path_factory.mktemp("sandbox")
    yield Aws(sandbox.up(project, engine="process"))
    sandbox.down(project)


@pytest.fixture
def name() -> str:
    """A name that nothing else has."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project's folder, whose sandbox is gone when the test is over."""
    yield tmp_path
    sandbox.down(tmp_path)
