"""A server in this very process, and connections to it over TCP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from server_image.app import create_app
from server_image.connections import Server
from server_image.metrics import Metrics
from server_image.settings import Settings
from tests.steady import Steady


@dataclass
class Connected:
    client: socket.socket
    loop: threading.Thread
    metrics: Metrics
    another: Callable[[], AbstractContextManager[socket.socket]]
    """Opens one more connection."""

    def ask(self, request: bytes) -> bytes:
        """The first piece of the answer, which is all of it where the connection stays open."""
        self.client.sendall(request)
        return self.client.recv(65536)

    def last(self, request: bytes) -> bytes:
        """The whole answer, after which the connection ends."""
        self.client.sendall(request)
        return b"".join(iter(lambda: self.client.recv(65536), b""))


@contextmanager
def connected(*, quick: int = 0, application: Any = None) -> Iterator[Connected]:
    """With one connection; `application` is another than the server's own. At the end the server has counted all as
    closed."""
    feed, ours = socket.socketpair()
    metrics = Metrics()
    server = Server(application or create_app(Steady()), ours, ("127.0.0.1", 1), Settings(), metrics, quick=quick)
    thread = threading.Thread(target=server.run)
    thread.start()
    opened = 0

    @contextmanager
    def another() -> Iterator[socket.socket]:
        nonlocal opened
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            accepted, _ = listener.accept()
            socket.send_fds(feed, [b"\1"], [accepted.fileno()])
            accepted.close()
            opened += 1
            yield client

    with socket.create_server(("127.0.0.1", 0)) as listener, another() as client:
        yield Connected(client, thread, metrics, another)
    feed.close()
    thread.join(5)
    assert not thread.is_alive()
    assert metrics.closed_connections(0) == opened
