"""What the use of Waitress's inner classes relies on."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from server_image import connections
from server_image.app import create_app
from server_image.metrics import Metrics
from server_image.settings import Settings

ASK = b"GET /execution-parameters HTTP/1.1\r\nHost: x\r\n\r\n"


class Steady:
    labels = ("no", "yes")

    def predict(self, texts: list[str]) -> list[tuple[str, float]]:
        return [("yes", 0.75) for _ in texts]

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:
        return []


class CountingChannel(connections.Channel):
    """Writes down every piece that goes out."""

    sent: list[bytes] = []  # noqa: RUF012 - one list for all, emptied by the test

    def send(self, data: bytes, do_close: bool = True) -> Any:
        self.sent.append(bytes(data))
        return super().send(data, do_close)


def ask_once(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The pieces in which a server in this process sends one answer over TCP."""
    monkeypatch.setattr(CountingChannel, "sent", [])
    monkeypatch.setattr(connections.Server, "channel_class", CountingChannel)
    feed, ours = socket.socketpair()
    metrics = Metrics()
    server = connections.Server(create_app(Steady()), ours, ("127.0.0.1", 1), Settings(), metrics)
    thread = threading.Thread(target=server.run)
    thread.start()
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        socket.send_fds(feed, [b"\1"], [accepted.fileno()])
        accepted.close()
        client.sendall(ASK)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
    feed.close()
    thread.join(5)
    assert not thread.is_alive()
    assert metrics.closed_connections(0) == 1
    return CountingChannel.sent


def test_head_and_body_leave_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent apart, each of them wakes the loop: with 16 connections that costs more than half of the throughput."""
    [piece] = ask_once(monkeypatch)
    assert b"\r\n\r\n{" in piece


def test_waitress_would_send_them_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, Waitress does better by itself, and SEND_AT can go."""
    monkeypatch.setattr(connections, "SEND_AT", 1)
    assert len(ask_once(monkeypatch)) == 2
