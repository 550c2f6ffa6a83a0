"""The server as a container, run as SageMaker runs it, only with less: no root, no capabilities, nothing writable."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment_cli.clients.docker_troubles import unavailable
from sentiment_cli.clients.docker_values import ContainerSpec, Usage
from sentiment_cli.local_server.process import LOOPBACK, refuse_taken_port

if TYPE_CHECKING:
    from sentiment_cli.clients.docker import Engine

STOP_SECONDS = 35  # the server gives running requests 30 s
PORT = 8080
MOUNT = "/opt/ml/model"
NOBODY = 65534
LABEL = "sentiment-cli.local-server"


class ContainerHost:
    """A server container, started by this program or found on record."""

    def __init__(self, engine: Engine, container: str, volume: str) -> None:
        self.container = container
        self.volume = volume
        self._engine = engine

    @classmethod
    def start(
        cls, engine: Engine, image: str, archive: Path, port: int, workers: int | None, project_dir: Path
    ) -> ContainerHost:
        """Start `image` on the model in `archive`, published on this machine's loopback address only.

        Port 0 is any free one. Whatever an earlier, killed start of this project left is removed first. Raises
        SentimentError.
        """
        label, value = LABEL, hashlib.sha256(str(project_dir.resolve()).encode()).hexdigest()[:16]
        engine.remove_labelled(f"{label}={value}")
        publish = _publish(engine)
        if publish == LOOPBACK:
            refuse_taken_port(port)
        volume = engine.volume_with(archive, image=image, mount=MOUNT, labels={label: value})
        spec = ContainerSpec(
            image=image,
            command=["serve"],
            user=_user(),
            environment={
                "MODEL_SERVER_PLAYGROUND": "1",
                **({"MODEL_SERVER_WORKERS": str(workers)} if workers else {}),
            },
            labels={label: value},
            volume=volume,
            mount=MOUNT,
            port=PORT,
            publish=(publish, port),
        )
        try:
            host = cls(engine, engine.create(spec), volume)
            engine.start(host.container)
        except BaseException:
            engine.remove_labelled(f"{label}={value}")
            raise
        return host

    def address(self) -> tuple[str, int] | None:
        state = self._engine.state(self.container)
        if state is None or state.host_port is None:
            return None
        return self._engine.address.remote_host or LOOPBACK, state.host_port

    def alive(self) -> bool:
        state = self._engine.state(self.container)
        return state is not None and state.running

    def verdict(self) -> str:
        state = self._engine.state(self.container)
        if state is None:
            return "The container is gone."
        if state.out_of_memory:
            return "The container ran out of memory."
        return f"The container ended with status {state.exit_code}."

    def log(self) -> list[str]:
        return self._engine.logs(self.container)

    def usage(self) -> Iterator[Usage]:
        return self._engine.usage(self.container)

    def stop(self) -> None:
        self._engine.stop(self.container, STOP_SECONDS)
        self._engine.remove(self.container, self.volume)


def _user() -> str:
    """The caller, or nobody in place of root: SageMaker runs the image as root, but it must not need that."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    return f"{user}:{os.getgid()}" if user else f"{NOBODY}:{NOBODY}"


def _publish(engine: Engine) -> str:
    """The address of the engine's machine to publish on: its loopback, or the one we reach it by if it is elsewhere."""
    remote = engine.address.remote_host
    if remote is None:
        return LOOPBACK
    try:
        return socket.gethostbyname(remote)
    except OSError as error:
        raise unavailable("unreachable", engine.address.url, str(error)) from error
