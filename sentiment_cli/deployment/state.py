"""`.sentiment/STAGE/state.json`: what was begun and what was finished, written before and after each change.

It is a journal: lost or damaged it costs nothing but memory, for AWS is asked by name and by tag. It holds no secret.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from sentiment_cli.errors import Refused
from sentiment_cli.events import Emit, Note, ignore
from sentiment_cli.files import write_atomically

FORMAT = 1
REMEMBERED = 10  # versions; fewer are kept
FOLDER = Path(".sentiment")


class Entry(msgspec.Struct, frozen=True):
    """One resource: `status` is what was last begun ("creating") or finished ("created")."""

    kind: str
    name: str
    status: str
    at: str


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the journal of a stage holds."""

    project: str
    stage: str
    account: str
    region: str
    format: int = FORMAT
    version: str = ""
    """The version that was verified last."""
    artifact: str = ""
    url: str = ""
    created: str = ""
    served: tuple[str, ...] = ()
    """The versions that were verified, in the order they served, the latest last."""
    resources: dict[str, Entry] = {}


class Journal:
    """The journal of a stage, open for writing; safe to use from several threads."""

    def __init__(self, path: Path, state: State) -> None:
        self._path, self.state = path, state
        self._lock = threading.Lock()

    def note(self, kind: str, name: str, status: str) -> None:
        """Write down that something is "creating", "created", "updating", "deleting" ... or, "deleted", forget it."""
        with self._lock:
            resources = dict(self.state.resources)
            resources.pop(f"{kind} {name}", None)
            if status != "deleted":
                resources[f"{kind} {name}"] = Entry(kind, name, status, _now())
            self._write(resources=resources)

    def deployed(self, *, version: str, artifact: str, url: str, back: bool = False) -> None:
        """Write down what was verified; after going `back` to it, what served since then is not gone back to."""
        with self._lock:
            before = self.state.served
            if back and version in before:
                before = before[: before.index(version)]
            served = (*(each for each in before if each != version), version)[-REMEMBERED:]
            changes = {"version": version, "artifact": artifact, "url": url, "served": served}
            self._write(created=self.state.created or _now(), **changes)

    def forget(self) -> None:
        """Remove the file: the stage is gone."""
        self._path.unlink(missing_ok=True)

    def _write(self, **changes: Any) -> None:
        self.state = msgspec.structs.replace(self.state, **changes)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._path, msgspec.json.format(msgspec.json.encode(self.state), indent=1), mode=0o600)


def path_of(home: Path, stage: str) -> Path:
    """Where a stage's journal lies."""
    return home / stage / "state.json"


def load(home: Path, stage: str, emit: Emit = ignore) -> State | None:
    """The journal of a stage; None without one. `home` is the folder of all stages' journals.

    One that cannot be read is set aside with a warning. Raises Refused for one that a newer sentiment-cli wrote.
    """
    path = path_of(home, stage)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        content = b""
    try:
        _refuse_newer(path, content)
        return msgspec.json.decode(content, type=State)
    except msgspec.DecodeError:
        aside = path.with_suffix(".damaged.json")
        if aside.is_dir() or path.is_dir():  # neither takes the other's place
            aside = path.with_suffix(f".damaged-{time.time_ns()}.json")
        path.replace(aside)
        emit(Note(f"{path} cannot be read; it is kept as {aside.name}, and AWS is asked for everything.", "warning"))
        return None


def _refuse_newer(path: Path, content: bytes) -> None:
    class _Version(msgspec.Struct):
        format: int = FORMAT

    if msgspec.json.decode(content, type=_Version).format > FORMAT:
        raise Refused(
            f"{path} was written by a newer sentiment-cli.",
            f"It has format {msgspec.json.decode(content, type=_Version).format}; this program knows {FORMAT}.",
            "Update sentiment-cli: `pip install --upgrade sentiment-cli`.",
            code="newer-state",
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
