"""Commands are run as a user runs them: as programs, in a folder of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sentiment_cli import sandbox

Done = subprocess.CompletedProcess[str]


def run(*arguments: str, cwd: Path, given: str | None = None, **environment: str) -> Done:
    """`sentiment-cli ARGUMENTS` without a terminal; `given` is its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "sentiment_cli", *arguments],
        cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        **({"input": given} if given is not None else {"stdin": subprocess.DEVNULL}),
    )  # fmt: skip


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the bundled sample and a model; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("trained") / "tweets"
    done = run("init", str(folder), "--data", "sample", "--region", "eu-west-1", "--no-input", cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    done = run("train", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def in_sandbox(trained: Path, folder: Path) -> Iterator[Path]:
    """A copy of a trained project, with a sandbox whose servers are processes."""
    project = Path(shutil.copytree(trained, folder / "tweets"))
    sandbox.up(project, engine="process")
    yield project
    sandbox.down(project)


@pytest.fixture(scope="module")
def home(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project whose model all tests of a file ask."""
    return Path(shutil.copytree(trained, tmp_path_factory.mktemp("served") / "tweets"))


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[str]:
    """The address of its server."""
    done = run("serve-local", "--detach", "--port", "0", "--engine", "process", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout)["url"]
    run("serve-local", "--stop", cwd=home)


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    """A project of the test's own."""
    return Path(shutil.copytree(trained, tmp_path / "tweets"))


@pytest.fixture
def serving(project: Path) -> Iterator[Callable[..., Done]]:
    """Starts the local server in the background; it is stopped at the end, whatever happens."""

    def start(*arguments: str) -> Done:
        return run("serve-local", "--detach", "--port", "0", *arguments, cwd=project)

    yield start
    run("serve-local", "--stop", cwd=project)
