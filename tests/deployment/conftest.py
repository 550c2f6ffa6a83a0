"""A trained project, deployed into a sandbox whose servers are processes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sentiment_cli import project as projects
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.deployment.deploying import Target
from sentiment_cli.sandbox import Sandbox
from tests.commands.conftest import trained

__all__ = ["trained"]


@pytest.fixture
def aws(process_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in process_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return connect("eu-west-1")


@pytest.fixture
def target(trained: Path, tmp_path: Path) -> Target:
    """The endpoint of a project with a name of its own, without an API."""
    folder = Path(shutil.copytree(trained, tmp_path / "project"))
    name = f"p{abs(hash(str(tmp_path))):x}"[:12]
    project = projects.parse({**projects.plain(projects.load(folder)), "name": name})
    return Target(project, folder, folder / ".sentiment", "dev", with_api=False, engine="process")
