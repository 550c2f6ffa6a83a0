"""The file that says what serves a project on this machine; whether it still does is for the engines to find out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import msgspec

from sentiment_cli.files import write_atomically

FOLDER = Path(".sentiment/local")


class Record(msgspec.Struct, frozen=True):
    """A server that was started."""

    engine: Literal["docker", "process"]
    url: str = ""
    """Empty until the port is known."""
    pid: int = 0
    identity: str = ""
    """What tells process `pid` from a later one with the same number."""
    container: str = ""
    volume: str = ""
    image: str = ""


def folder(project_dir: Path) -> Path:
    """The folder of the local server's files, made if it is not there; for this user's eyes only."""
    place = project_dir / FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def save(project_dir: Path, record: Record) -> None:
    """Write the record, at once or not at all."""
    write_atomically(folder(project_dir) / "server.json", msgspec.json.encode(record), mode=0o600)


def load(project_dir: Path) -> Record | None:
    """The record; None without one, or with one that cannot be read."""
    try:
        return msgspec.json.decode((project_dir / FOLDER / "server.json").read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return None


def forget(project_dir: Path) -> None:
    """Remove the record and the unpacked model, if they are there; the log stays."""
    (project_dir / FOLDER / "server.json").unlink(missing_ok=True)
    shutil.rmtree(project_dir / FOLDER / "model", ignore_errors=True)
