"""The file that says which sandbox a project has; whether it still runs is for others to find out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from sentiment_cli.files import write_atomically

FOLDER = Path(".sentiment/sandbox")
NAME = "sandbox.json"
LOCK = "lock"


class Record(msgspec.Struct, frozen=True):
    """A sandbox that was started."""

    id: str
    url: str
    pid: int
    identity: str
    """What tells process `pid` from a later one with the same number."""
    engine: Literal["docker", "process"]
    secret: str
    started: float


def make(place: Path) -> None:
    """Make the sandbox's folder if it is not there; for this user's eyes only."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)


def save(place: Path, record: Record) -> None:
    """Write the record into the sandbox's folder, at once or not at all."""
    write_atomically(place / NAME, msgspec.json.encode(record), mode=0o600)


def load(place: Path) -> Record | None:
    """The record in the sandbox's folder; None without one, or with one that cannot be read."""
    try:
        return msgspec.json.decode((place / NAME).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return None


def forget(place: Path) -> None:
    """Remove the sandbox's folder, of which only the lock is left, for whoever has that lock.

    The lock goes by its name alone: as soon as it is gone, what is in the folder may be another command's.
    """
    with suppress(OSError):
        (place / LOCK).unlink()
        place.rmdir()
        place.parent.rmdir()  # only if nothing else is in it
