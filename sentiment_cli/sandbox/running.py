"""Starts, finds and ends the sandbox of a project; there is one at most, and it runs in the background."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Literal

from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, Note, ignore
from sentiment_cli.processes import identity
from sentiment_cli.sandbox import leftovers, record
from sentiment_cli.sandbox.record import Record
from sentiment_cli.sandbox.sandbox import ACCOUNT, Sandbox

START_SECONDS = 60.0
STOP_SECONDS = 20.0
LOG = "sandbox.log"
ROOM = 1 << 16  # bytes that a sandbox needs to say where it is, and a little more
Engine = Literal["auto", "docker", "process"]


def up(project_dir: Path, emit: Emit = ignore, *, engine: Engine = "auto") -> Sandbox:
    """The project's sandbox, started if it does not run. Raises SentimentError if it cannot be."""
    _require_moto()
    folder = (project_dir / record.FOLDER).absolute()
    with _alone(folder):
        found = find(project_dir)
        if found is not None:
            _refuse_other(found, engine)
            return found
        _clear(folder)
        started = _start(folder, engine)
    if started.engine == "process" and engine == "auto":
        emit(Note("No Docker engine answers: models are served by plain processes, and images cannot be pushed."))
    return started


def find(project_dir: Path) -> Sandbox | None:
    """The project's sandbox if it runs."""
    folder = (project_dir / record.FOLDER).absolute()
    known = record.load(folder)
    if known is None or identity(known.pid) != known.identity:
        return None
    return _sandbox(folder, known)


def down(project_dir: Path) -> bool:
    """End the project's sandbox and remove everything of it, also what a crash left; whether one was running."""
    folder = (project_dir / record.FOLDER).absolute()
    if not folder.exists():
        return False
    with _alone(folder):
        found = find(project_dir)
        if found is not None:
            _stop(found)
        _clear(folder)
        record.forget(folder)
    return found is not None


def clean(project_dir: Path) -> None:
    """Remove what a sandbox that no longer runs has left, if any."""
    folder = (project_dir / record.FOLDER).absolute()
    if folder.exists() and find(project_dir) is None:
        with _alone(folder):
            if find(project_dir) is None:  # one that was just starting runs by now
                _clear(folder)
                record.forget(folder)


def _refuse_other(found: Sandbox, engine: Engine) -> None:
    if engine not in ("auto", found.engine):
        raise SentimentError(
            "The project's sandbox runs with another engine.",
            f"It has {found.engine} and not {engine}.",
            "End it and all that is in it with `sentiment-cli sandbox down`, or use it as it is.",
            code="other-engine",
        )


def _require_moto() -> None:
    if find_spec("moto") is None or find_spec("flask") is None:
        raise SentimentError(
            "The sandbox cannot start.",
            "Some of its parts, which nothing else needs, are not installed.",
            "Run `pip install 'sentiment-cli[sandbox]'`, then try again.",
            code="sandbox-missing",
        )


def _start(folder: Path, engine: Engine) -> Sandbox:
    with (folder / LOG).open("wb") as output:
        # Its own session: Ctrl-C in the terminal is not for it. Its own folder: Python looks for modules there first.
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "sentiment_cli.sandbox", str(folder), engine],
            env=_environment(), cwd=folder, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline and child.poll() is None:
        known = record.load(folder)
        if known is not None and known.pid == child.pid:
            return _sandbox(folder, known)
        sleep(0.02)
    child.kill()
    raise _not_started(folder)


def _environment() -> Mapping[str, str]:
    """That of this process, without what would make the sandbox's own calls go elsewhere, and with its mark."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return {**own, leftovers.MARK: uuid.uuid4().hex[:12]}


def _not_started(folder: Path) -> SentimentError:
    log = folder / LOG
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    if shutil.disk_usage(folder).free < ROOM:  # then the log has nothing of it, or half a line
        return SentimentError(
            "The sandbox did not start.",
            f"The disk is full: there is no room in {folder}.",
            "Make room there, then try again.",
            code="disk-full",
        )
    return SentimentError(
        "The sandbox did not start.",
        f"It last said: {lines[-1]}" if lines else "It said nothing.",
        f"Look at {log}, then try again.",
        code="sandbox-failed",
    )


def _stop(sandbox: Sandbox) -> None:
    with suppress(ProcessLookupError):
        began = identity(sandbox.pid)
        os.kill(sandbox.pid, signal.SIGTERM)
        deadline = monotonic() + STOP_SECONDS
        while identity(sandbox.pid) == began != "" and monotonic() < deadline:
            sleep(0.05)


def _clear(folder: Path) -> None:
    """Remove what the sandbox on record started and wrote."""
    known = record.load(folder)
    if known is not None:
        leftovers.end(known.id, docker=known.engine == "docker")
    for entry in folder.iterdir():
        if entry.name != record.LOCK:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _sandbox(folder: Path, known: Record) -> Sandbox:
    return Sandbox(
        known.url, known.id, known.pid, known.engine, f"SANDBOX{ACCOUNT}", known.secret, folder, known.started
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Within it no other command starts or ends this sandbox, and its folder is there."""
    with _locked(folder):
        yield


def _locked(folder: Path) -> IO[str]:
    """Who had the lock before may have removed it with the folder: then it is a new one that has to be had."""
    while True:
        with suppress(FileNotFoundError):
            record.make(folder)
            lock = (folder / record.LOCK).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock.fileno()), (folder / record.LOCK).stat()):
                    return lock
            lock.close()
