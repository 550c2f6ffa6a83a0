"""`.sentiment/STAGE/lock`: one command at a time changes a stage, and the next is told who does.

The operating system holds the lock, so it ends with its process whatever ends that; what stands in the file is only who
holds it, and is believed by nobody once the lock is free.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from sentiment_cli.errors import Refused, SentimentError
from sentiment_cli.events import Emit, Note

NAME = "lock"
_HELD = (errno.EACCES, errno.EAGAIN)


class Owner(msgspec.Struct, frozen=True):
    """Who holds a stage."""

    command: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"`sentiment-cli {self.command}`, process {self.pid} on {self.host}, since {self.since}"


@contextmanager
def held(home: Path, stage: str, command: str, *, otherwise: Emit | None = None) -> Iterator[None]:
    """Within it no other command changes the stage.

    Raises Refused where another does, SentimentError where the folder takes no lock; with `otherwise` the latter is
    only told, for what must be possible on any disk.
    """
    path = home / stage / NAME
    try:
        handle = _opened(path)
    except OSError as error:
        if otherwise is None:
            raise _no_lock(path, error) from error
        otherwise(Note(f"{path} takes no lock: {error.strerror}. Run nothing else on this stage now.", "warning"))
        yield
        return
    try:
        _claim(handle, stage, command)
        yield
    finally:
        os.close(handle)  # and so the lock


def _opened(path: Path) -> int:
    """The file, open. Raises OSError where it cannot be, or cannot be locked by anybody."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return handle
        os.close(handle)
        raise
    return handle


def _claim(handle: int, stage: str, command: str) -> None:
    """Write down who holds the lock. Raises Refused if that is another."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise _in_use(handle, stage) from error
    now = datetime.now(UTC).isoformat(timespec="seconds")
    owner = msgspec.json.encode(Owner(command, os.getpid(), socket.gethostname(), now))
    os.ftruncate(handle, 0)
    with suppress(OSError):  # a full disk: the lock holds without a name
        os.pwrite(handle, owner, 0)


def _in_use(handle: int, stage: str) -> Refused:
    try:
        who = str(msgspec.json.decode(os.pread(handle, 4096, 0), type=Owner))
    except msgspec.DecodeError:  # just begun, or the disk is full
        who = "Another sentiment-cli"
    return Refused(
        f"The stage {stage} is being changed by another command.",
        f"{who}.",
        "Wait until it is done, or end it (Ctrl-C there, or `kill` of that process), then run this again.",
        code="stage-locked",
    )


def _no_lock(path: Path, error: OSError) -> SentimentError:
    return SentimentError(
        f"Cannot lock {path}.",
        f"{error.strerror or error}.",
        "Make room or change the rights of that folder; on a network disk without locks, use a copy of the project "
        "elsewhere.",
        code="cannot-lock",
    )
