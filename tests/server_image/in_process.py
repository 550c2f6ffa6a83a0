"""A server in this very process, and connections to it over TCP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from server_image.app import create_app
from server_image.connections import Server
from server_image.metrics import Metrics
from server_image.settings import Settings
from tests.steady import Steady


@dataclass
class Connected:
    client: socket.socket
    loop: threading.Thread
    another: Callable[[], AbstractContextManager[socket.socket]]
    """Opens one more connection."""

    def ask(self, request: bytes) -> bytes:
        self.client.sendall(request)
        return self.client.recv(65536)


@contextmanager
def connected(*, quick: bool = False) -> Iterator[Connected]:
    """With one connection. At the end the server has counted all as closed."""
    feed, ours = socket.socketpair()
    metrics = Metrics()
    server = Server(create_app(Steady()), ours, ("127.0.0.1", 1), Settings(), metrics, quick=quick)
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
        yield Connected(client, thread, another)
    feed.close()
    thread.join(5)
    assert not thread.is_alive()
    assert metrics.closed_connections(0) == opened
