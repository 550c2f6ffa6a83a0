"""A server in this very process, and one connection to it over TCP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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

    def ask(self, request: bytes) -> bytes:
        self.client.sendall(request)
        return self.client.recv(65536)


@contextmanager
def connected(*, quick: bool = False) -> Iterator[Connected]:
    """At the end the server has counted the connection as closed."""
    feed, ours = socket.socketpair()
    metrics = Metrics()
    server = Server(create_app(Steady()), ours, ("127.0.0.1", 1), Settings(), metrics, quick=quick)
    thread = threading.Thread(target=server.run)
    thread.start()
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname(), timeout=10) as client:
        accepted, _ = listener.accept()
        socket.send_fds(feed, [b"\1"], [accepted.fileno()])
        accepted.close()
        yield Connected(client, thread)
    feed.close()
    thread.join(5)
    assert not thread.is_alive()
    assert metrics.closed_connections(0) == 1
