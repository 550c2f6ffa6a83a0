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


def asking(size: int = 0, *more: bytes) -> bytes:
    lines = (b"POST /invocations HTTP/1.1", b"Host: x", b"Content-Length: %d" % size, *more)
    return b"\r\n".join(lines) + b"\r\n\r\n" + b"x" * size


LANES = {"at once": (20_000, 10), "later": (20_000, 10_000), "a thread": (0, 10)}


@pytest.mark.parametrize(("quick", "size"), LANES.values(), ids=LANES)
def test_an_application_that_fails_ends_its_connection_with_a_500(quick: int, size: int) -> None:
    def fails(_environment: Any, _start: Any) -> Any:
        raise RuntimeError("a defect")

    with connected(quick=quick, application=fails) as connection:
        answer = connection.last(asking(size))
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b":problem:internal" in answer
        assert b"defect" not in answer
        with connection.another() as other:
            other.sendall(asking(size))
            assert other.recv(65536).startswith(b"HTTP/1.1 500 ")
    assert 'code="500"} 2\n' in connection.metrics.render(["a", "b"])


@pytest.mark.parametrize("more", [(), (b"Connection: close",)], ids=["stays open", "closes"])
@pytest.mark.parametrize("odd", [("X", "a\r\nSet-Cookie: b"), ("X\r\nSet-Cookie", "b"), ("X", "a\nb"), ("X", "a\rb")])
def test_no_header_of_an_answer_becomes_two(more: tuple[bytes, ...], odd: tuple[str, str]) -> None:
    def splits(_environment: Any, start: Any) -> Any:
        start("200 OK", [("content-length", "2"), odd])
        return [b"ok"]

    with connected(quick=20_000, application=splits) as connection:
        answer = connection.last(asking(0, *more))
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"Set-Cookie" not in answer


def test_an_answer_that_is_shorter_than_it_says_ends_the_connection() -> None:
    def too_short(_environment: Any, start: Any) -> Any:
        start("200 OK", [("content-length", "5")])
        return [b"ok"]

    with connected(quick=20_000, application=too_short) as connection:
        assert connection.last(asking()).endswith(b"ok")


@pytest.mark.parametrize("path", ["/invocations", "/invocations/", "//invocations"])
def test_one_address_is_one_however_it_is_written(path: str) -> None:
    with connected() as connection:
        connection.ask(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
    assert 'path="/invocations",code="405"} 1' in connection.metrics.render(["a", "b"])


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
    with connected(quick=20_000) as connection, connection.another():
        for _ in range(100):
            assert connection.ask(request).startswith(b"HTTP/1.1 200 OK")
    silent, busy = sorted(Asked.times.values())
    assert busy >= 100
    assert (silent < 20) == has_epoll
