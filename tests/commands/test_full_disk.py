"""A disk without room: every command says so, and what was on it is whole."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sentiment_cli import files
from sentiment_cli.deployment import lock
from sentiment_cli.deployment.state import Journal, State, load, path_of
from sentiment_cli.errors import SentimentError
from tests.commands.conftest import run

FULL = "No space left on device."


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode != 0:
        pytest.skip("only root may mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def fill(disk: Path) -> Callable[[], None]:
    def until_full() -> None:
        with (disk / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                return

    return until_full


def test_the_journal_is_the_old_one_or_the_new_one(disk: Path, fill: Callable[[], None]) -> None:
    journal = Journal(path_of(disk, "dev"), State("tweets", "dev", "123456789012", "eu-west-1"))
    journal.note("bucket", "b", "creating")
    fill()
    with pytest.raises(SentimentError, match="Cannot write") as failed:
        journal.note("bucket", "b", "created")
    assert (failed.value.why, failed.value.code) == (FULL, "cannot-write")
    found = load(disk, "dev")
    assert found is not None
    assert [each.status for each in found.resources.values()] == ["creating"]
    assert [each.name for each in path_of(disk, "dev").parent.iterdir()] == ["state.json"]


def test_no_lock_and_no_file_without_room(disk: Path, fill: Callable[[], None]) -> None:
    with lock.held(disk, "dev", "deploy"):
        pass
    fill()
    with lock.held(disk, "dev", "deploy"):  # it holds without a name
        pass
    with pytest.raises(SentimentError) as failed:
        files.write_atomically(disk / "a", b"x" * 100)
    assert failed.value.why == FULL


def test_training_and_deploying_say_it(trained: Path, disk: Path, fill: Callable[[], None]) -> None:
    project = Path(shutil.copytree(trained, disk / "tweets", ignore=shutil.ignore_patterns("report.html")))
    model = (project / "model/model.tar.gz").read_bytes()
    fill()
    for command in (("train",), ("deploy", "--sandbox", "--yes")):
        done = run(*command, "--json", cwd=project)
        error = json.loads(done.stdout)["error"]
        assert done.returncode == 1, error
        assert "space" in error["why"] or "full" in error["why"], error
        assert "room" in error["fix"], error
    assert (project / "model/model.tar.gz").read_bytes() == model
