"""Ends what a sandbox started, whatever became of the sandbox: processes that carry its mark, containers, volumes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from sentiment_cli.errors import SentimentError

MARK = "SENTIMENT_CLI_SANDBOX_ID"  # in the environment of the sandbox, and so of all it starts
PATIENCE_SECONDS = 5.0
PROC = Path("/proc")


def label(sandbox: str) -> str:
    """The label of every container and volume of a sandbox, as "name=value"."""
    return f"sentiment-cli.sandbox={sandbox}"


def end(sandbox: str, *, docker: bool) -> None:
    """End every process, container and volume of a sandbox; no error if there are none, or no engine."""
    _end_processes(sandbox)
    if not docker:
        return
    from sentiment_cli.clients.docker import connect

    # Without an engine there is nothing to remove now; the next look finds it.
    with suppress(SentimentError):
        connect().remove_labelled(label(sandbox))


def processes(sandbox: str) -> list[int]:
    """Processes that carry the mark of a sandbox, except this one."""
    return [pid for pid in _marked(f"{MARK}={sandbox}") if pid != os.getpid()]


def _end_processes(sandbox: str) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while (left := processes(sandbox)) and monotonic() < deadline:
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        sleep(0.05)


def _marked(mark: str) -> Iterator[int]:
    if not (PROC / "self/environ").exists():
        yield from _marked_by_ps(mark)
        return
    wanted = mark.encode()
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _marked_by_ps(mark: str) -> Iterator[int]:
    shown = subprocess.run(["ps", "-A", "-ww", "-E", "-o", "pid=,command="], capture_output=True, check=False)  # noqa: S607
    for line in shown.stdout.decode(errors="replace").splitlines():
        words = line.split()
        if mark in words[1:]:
            yield int(words[0])
