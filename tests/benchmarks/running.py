"""A server that runs: started on a free port of loopback, timed to its first answers, asked, and ended for certain."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import processes
from tests.benchmarks.servers import PEERS, ROOT, Answer, Server

PATIENCE = 120.0  # seconds for a start
GRACE = 10.0  # seconds for an end
PAUSE = 0.005  # seconds between two tries
TOLERANCE = 1e-9  # between a score and scikit-learn's own


class CannotRun(Exception):
    """Why a server cannot be measured here, as a sentence."""


@dataclass(frozen=True)
class Place:
    """What a run needs: the model's folder, the environments, and a folder for what servers write."""

    model: Path
    environments: Path
    work: Path
    image: str = ""
    """Name of our image, where there is one."""

    def prepared(self, server: Server) -> Path:
        return self.model.parent / f"for-{server.name}"


@dataclass
class Running:
    server: Server
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    began: float
    container: str = ""

    def family(self) -> list[int]:
        """The server's processes."""
        if not self.container:
            return processes.family(self.process.pid)
        said = _docker("inspect", "--format", "{{.State.Pid}}", self.container).stdout
        return processes.family(int(said)) if said.strip() else []

    def ask(self, texts: Sequence[str]) -> list[Answer]:
        """Raises OSError or ValueError where no proper answer comes."""
        said = self.request("POST", self.server.path, self.server.body(texts))
        return self.server.answers(said)

    def request(self, method: str, path: str, body: str | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            content = answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"{answer.status}: {content[:200]!r}")
        return json.loads(content) if body else None

    def await_ping(self) -> float:
        """Seconds from the start to the first 200. Raises CannotRun."""
        return self._await(lambda: self.request("GET", self.server.ping) or True)

    def await_answer(self, text: str, right: Answer) -> float:
        """Seconds from the start to the first right answer. Raises CannotRun."""
        return self._await(lambda: wrong(self.ask([text]), [right]) == 0)

    def _await(self, succeeds: Any) -> float:
        while True:
            with suppress(OSError, ValueError, KeyError, TypeError):
                if succeeds():
                    return time.monotonic() - self.began
            if self.process.poll() is not None or time.monotonic() - self.began > PATIENCE:
                raise CannotRun(f"It did not start: {self.log.read_text(errors='replace')[-400:]}")
            time.sleep(PAUSE)


def wrong(answers: Sequence[Answer], right: Sequence[Answer]) -> int:
    """How many of `right` were not answered, label and score."""
    good = sum(
        label == expected and abs(score - probability) <= TOLERANCE
        for (label, score), (expected, probability) in zip(answers, right, strict=False)
    )
    return max(len(right), len(answers)) - good


@contextmanager
def running(server: Server, place: Place, workers: int) -> Iterator[Running]:
    """Raises CannotRun; nothing of it is left afterwards."""
    _require(server, place)
    port, work = free_port(), place.work / f"{server.name}-{time.monotonic_ns()}"
    work.mkdir(parents=True)
    container = f"sentiment-benchmark-{os.getpid()}-{port}" if server.container else ""
    python = server.python(place.environments)
    names = {"python": python, "port": port, "workers": workers, "model": place.model, "work": work}
    names |= {"prepared": place.prepared(server), "container": container, "image": place.image}
    with (work / "log").open("wb") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            [part.format(**names) for part in server.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            cwd=PEERS / server.folder if server.folder else ROOT, start_new_session=True,
            env={**server.variables(port, workers, place.model, python), "HOME": str(work)},
        )  # fmt: skip
    try:
        yield Running(server, port, process, work / "log", began, container)
    finally:
        end(process)
        if container:
            _docker("rm", "--force", container)


def _require(server: Server, place: Place) -> None:
    for program in server.needs:
        if shutil.which(program) is None:
            raise CannotRun(f"{program} is not on PATH; on Debian: apt-get install {program}")
    if server.container and not place.image:
        raise CannotRun("The image could not be built.")


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to go, and after a while take it and all it started."""
    left = processes.family(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    left += processes.family(process.pid)
    for pid in {*left} - {process.pid}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait()


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
