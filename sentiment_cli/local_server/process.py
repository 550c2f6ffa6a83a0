"""The server as a process of this machine; it knows no Docker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

from sentiment_cli import processes
from sentiment_cli.clients.docker_values import Usage
from sentiment_cli.errors import SentimentError

STOP_SECONDS = 35.0  # the server gives running requests 30 s
POLL_SECONDS = 0.05
LOG_BYTES = 64 * 1024  # of its end
LOOPBACK = "127.0.0.1"


class ProcessHost:
    """A server process, started by this program or found on record."""

    def __init__(self, pid: int, identity: str, log: Path, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self.identity = identity
        self._log = log
        self._child = child

    @classmethod
    def start(cls, model: Path, log: Path, port: int, workers: int | None) -> ProcessHost:
        """Start the server on `model` (an unpacked artifact); it writes to `log`. Port 0 is any free one.

        Raises SentimentError where the port is taken or the system refuses.
        """
        refuse_taken_port(port)
        environment = {
            **os.environ,
            "MODEL_SERVER_MODEL_DIR": str(model),
            "MODEL_SERVER_HOST": LOOPBACK,
            "MODEL_SERVER_PLAYGROUND": "1",
            "SAGEMAKER_BIND_TO_PORT": str(port),
            **({"MODEL_SERVER_WORKERS": str(workers)} if workers else {}),
        }
        with log.open("wb") as output:
            # Its own session: Ctrl-C in the terminal is for this program, which then stops the server in good order.
            # Its own folder, for Python looks for modules first in the current one, and a project may hold anything.
            child = subprocess.Popen(
                [sys.executable, "-m", "server_image", "serve"], env=environment, cwd=log.parent,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        return cls(child.pid, processes.identity(child.pid), log, child)

    def address(self) -> tuple[str, int] | None:
        for line in self.log():
            if '"ready"' in line and (port := _port(line)):
                return LOOPBACK, port
        return None

    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return bool(self.identity) and processes.identity(self.pid) == self.identity

    def verdict(self) -> str:
        status = self._child.poll() if self._child is not None else None
        if status is None:
            return "The process is gone."
        if status < 0:
            return f"The process was ended by {signal.Signals(-status).name}."
        return f"The process ended with status {status}."

    def log(self) -> list[str]:
        try:
            with self._log.open("rb") as file:
                file.seek(max(0, self._log.stat().st_size - LOG_BYTES))
                return file.read().decode(errors="replace").splitlines()
        except OSError:
            return []

    def usage(self) -> Iterator[Usage]:
        spent, at = processes.usage(self.pid)[0], monotonic()
        while self.alive():
            sleep(1)
            now, memory = processes.usage(self.pid)
            yield Usage(max(0.0, 100 * (now - spent) / (monotonic() - at)), memory)
            spent, at = now, monotonic()

    def stop(self) -> None:
        if not self.alive():
            return
        os.kill(self.pid, signal.SIGTERM)
        deadline = monotonic() + STOP_SECONDS
        while self.alive() and monotonic() < deadline:
            sleep(POLL_SECONDS)
        if self.alive():
            os.killpg(self.pid, signal.SIGKILL)
            if self._child is not None:
                self._child.wait()


def refuse_taken_port(port: int) -> None:
    """Raises SentimentError if something listens on `port` of the loopback address already, or may not be used."""
    import socket

    with socket.socket() as attempt:
        # As the server binds: a port that was in use a moment ago is free.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError as error:
            raise _taken(port, error) from error


def _taken(port: int, error: OSError) -> SentimentError:
    if isinstance(error, PermissionError):
        why = f"Only an administrator may listen on port {port}."
    else:
        why = f"It is held by {processes.holder(port) or 'another program'}."
    return SentimentError(
        f"Port {port} on {LOOPBACK} cannot be used.",
        why,
        f"Stop that program (`lsof -nP -iTCP:{port}` shows it), or choose another port: `--port 0` takes any free one.",
        code="port-in-use",
    )


def _port(line: str) -> int:
    try:
        said = json.loads(line)
        return int(said["port"]) if said["event"] == "ready" else 0
    except (ValueError, KeyError, TypeError):
        return 0
