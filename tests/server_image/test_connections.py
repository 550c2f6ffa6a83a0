"""What the use of Waitress's inner classes relies on."""

from __future__ import annotations

import select
import threading
from collections import Counter
from typing import Any

import pytest
from in_process import connected

from server_image import connections

ASK = b"GET /execution-parameters HTTP/1.1\r\nHost: x\r\n\r\n"


class CountingChannel(connections.Channel):
    """Writes down every piece that goes out, and which thread sends it."""

    sent: list[tuple[bytes, int]] = []  # noqa: RUF012 - one list for all, emptied by the test

    def send(self, data: bytes, do_close: bool = True) -> Any:
        self.sent.append((bytes(data), threading.get_ident()))
        return super().send(data, do_close)


def ask_once(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bool]]:
    """The pieces in which a server in this process sends one answer, and whether the thread of the loop sends it."""
    monkeypatch.setattr(CountingChannel, "sent", [])
    monkeypatch.setattr(connections.Server, "channel_class", CountingChannel)
    with connected() as connection:
        assert connection.ask(ASK).startswith(b"HTTP/1.1 200 OK")
    return [(piece, sender == connection.loop.ident) for piece, sender in CountingChannel.sent]


def test_head_and_body_leave_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent apart, each of them wakes the loop: with 16 connections that costs more than half of the throughput."""
    [(piece, by_the_loop)] = ask_once(monkeypatch)
    assert b"\r\n\r\n{" in piece
    assert by_the_loop


def test_waitress_would_send_from_the_thread_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, what a thread writes waits for the loop by itself, and SEND_AT can go."""
    monkeypatch.setattr(connections, "SEND_AT", 1)
    assert not any(by_the_loop for _, by_the_loop in ask_once(monkeypatch))


class Asked(connections.Channel):
    """Counts how often each connection, by its descriptor, is asked what it waits for."""

    times: Counter[int] = Counter()  # noqa: RUF012 - one for all, emptied by the test

    def readable(self) -> bool:
        self.times[self._fileno] += 1
        return bool(super().readable())


@pytest.mark.parametrize("has_epoll", [True, False])
def test_a_silent_connection_costs_others_nothing(monkeypatch: pytest.MonkeyPatch, has_epoll: bool) -> None:
    """Only where the system has epoll; elsewhere Waitress's own loop does the same, asking all of them every time."""
    if not has_epoll:
        monkeypatch.delattr(select, "epoll")
    monkeypatch.setattr(Asked, "times", Counter())
    monkeypatch.setattr(connections.Server, "channel_class", Asked)
    request = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 27\r\n\r\n" + b'{"input":[{"text":"good"}]}'
    with connected(quick=True) as connection, connection.another():
        for _ in range(100):
            assert connection.ask(request).startswith(b"HTTP/1.1 200 OK")
    silent, busy = sorted(Asked.times.values())
    assert busy >= 100
    assert (silent < 20) == has_epoll
