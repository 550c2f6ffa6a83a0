"""One running model server: a process of this machine, or a container run as SageMaker runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sentiment_cli.clients.docker_values import ContainerSpec
from sentiment_cli.errors import SentimentError
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.hosting import archives
from sentiment_cli.sandbox.leftovers import MARK

if TYPE_CHECKING:
    from sentiment_cli.clients.docker import Engine

LOOPBACK = "127.0.0.1"
PORT = 8080
MOUNT = "/opt/ml/model"
STOP_SECONDS = 30  # what SageMaker waits between SIGTERM and SIGKILL
NOBODY = "65534:65534"
_OURS = ("AWS_", "SENTIMENT_", "MODEL_SERVER_", "SAGEMAKER_")  # what is set for the sandbox, not for a model


@dataclass(frozen=True)
class Job:
    """What a server is started with."""

    image: str
    """As the engine pulls it; of no meaning to a process."""
    archive: Path
    """A model.tar.gz that is known to be sound."""
    environment: Mapping[str, str]
    memory: int | None
    """Bytes that it may use; None for no limit."""
    serverless: bool


class CannotStart(SentimentError):
    """The engine has the image and the model, and cannot run one on the other."""


class Server(Protocol):
    """A server that was started."""

    def lines(self) -> Iterator[str]:
        """What it writes, line by line, until it ends."""

    def url(self) -> str | None:
        """Where it listens; None while that is not known."""

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after STOP_SECONDS; no error if it is gone."""

    def discard(self) -> None:
        """Remove what is left of it after its end."""


class Host(Protocol):
    """What servers run on."""

    def start(self, job: Job) -> Server:
        """Raises SentimentError."""


class Processes:
    """Servers as processes, each in its own group and folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, job: Job) -> Server:
        home = Path(tempfile.mkdtemp(prefix="instance-", dir=self._folder))
        try:
            return self._started(job, home)
        except (OSError, tarfile.TarError) as error:
            shutil.rmtree(home, ignore_errors=True)
            raise CannotStart("The model's process could not be started.", str(error), code="no-process") from error

    def _started(self, job: Job, home: Path) -> ProcessServer:
        archives.extract(job.archive, home / "model")
        environment = {
            **{name: value for name, value in os.environ.items() if name == MARK or not name.startswith(_OURS)},
            **job.environment,
            "MODEL_SERVER_MODEL_DIR": str(home / "model"),
            "MODEL_SERVER_HOST": LOOPBACK,
            "SAGEMAKER_BIND_TO_PORT": "0",
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "server_image", "serve"], env=environment, cwd=home,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        return ProcessServer(child, home)


class ProcessServer:
    """A server process."""

    def __init__(self, child: subprocess.Popen[bytes], home: Path) -> None:
        self._child = child
        self._home = home
        self._port = 0

    def lines(self) -> Iterator[str]:
        assert self._child.stdout is not None  # noqa: S101 - it was made with a pipe
        for line in self._child.stdout:
            text = line.decode(errors="replace").rstrip("\r\n")
            self._port = self._port or _port(text)
            yield text
        self._child.wait()

    def url(self) -> str | None:
        return f"http://{LOOPBACK}:{self._port}" if self._port else None

    def stop(self) -> None:
        self._child.terminate()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def discard(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)


class Containers:
    """Servers as containers of a Docker engine, each with a volume that holds its model."""

    def __init__(self, context: Context, engine: Engine) -> None:
        self._label = dict([context.label])
        self._engine = engine

    def start(self, job: Job) -> Server:
        self._engine.pull(job.image)
        volume = self._engine.volume_with(job.archive, image=job.image, mount=MOUNT, labels=self._label)
        container = ""
        try:
            container = self._engine.create(self._spec(job, volume))
            self._start(container)
        except BaseException:
            self._engine.remove(container, volume)
            raise
        return ContainerServer(self._engine, container, volume)

    def _start(self, container: str) -> None:
        try:
            self._engine.start(container)
        except SentimentError as error:
            raise CannotStart(error.what, error.why, error.fix, code=error.code) from error

    def _spec(self, job: Job, volume: str) -> ContainerSpec:
        # Serverless lets an image write nowhere but in /tmp; an instance runs it as root, with all that root may.
        return ContainerSpec(
            image=job.image, command=["serve"], user=NOBODY if job.serverless else "0:0",
            environment=job.environment, labels=self._label, volume=volume, mount=MOUNT, port=PORT,
            publish=(LOOPBACK, 0), memory=job.memory, confined=job.serverless,
            **({} if job.serverless else {"scratch": {}}),
        )  # fmt: skip


class ContainerServer:
    """A server container."""

    def __init__(self, engine: Engine, container: str, volume: str) -> None:
        self._engine = engine
        self._container = container
        self._volume = volume
        self._port: int | None = None

    def lines(self) -> Iterator[str]:
        return self._engine.follow(self._container)

    def url(self) -> str | None:
        if self._port is None and (state := self._engine.state(self._container)) is not None:
            self._port = state.host_port
        return f"http://{LOOPBACK}:{self._port}" if self._port else None

    def stop(self) -> None:
        self._engine.stop(self._container, STOP_SECONDS)

    def discard(self) -> None:
        self._engine.remove(self._container, self._volume)


def _port(line: str) -> int:
    try:
        said = json.loads(line)
        return int(said["port"]) if said["event"] == "ready" else 0
    except (ValueError, KeyError, TypeError):
        return 0
