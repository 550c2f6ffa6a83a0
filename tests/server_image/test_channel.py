"""Refusals on the level of HTTP itself: they keep to HTTP too, and leave no doubt where a request ends."""

from __future__ import annotations

import signal
import time

import pytest
from running_server import RunningServer, StartServer
from wire import Connection

BODY = b'{"input":[{"text": "love"}]}'
CHUNKED = b"1c\r\n" + BODY + b"\r\n0\r\n\r\n"


def test_a_refused_head_request_gets_no_body(lexicon: RunningServer) -> None:
    for line in (b"HEAD \x80 HTTP/1.1\r\n", b"HEAD /ping HTTP/1.1\r\nno colon\r\n"):
        with Connection(lexicon.port) as connection:
            connection.send(line + b"\r\n")
            answer = connection.answer(head=True)
            assert answer
            assert answer.status == 400
            assert connection.ends()


def test_a_refusal_closes_whatever_the_client_wanted(lexicon: RunningServer) -> None:
    with Connection(lexicon.port) as connection:
        connection.send(b"GET /ping HTTP/1.1\r\nConnection: keep-alive\r\nA: \0\r\n\r\n")
        answer = connection.answer()
        assert answer
        assert answer.fields["connection"] == "close"
        assert connection.ends()


def test_a_server_that_stops_promises_no_further_answer(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_WORKERS=1)
    text = b'{"input":[{"text": "sleep0.5"}]}'
    head = b"POST /invocations HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n" % len(text)
    with Connection(server.port) as old, Connection(server.port) as busy:
        for connection in (busy, old):
            connection.send(head + text)
            time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        assert busy.answer()
        answer = old.answer()
        assert answer
        assert answer.fields["connection"] == "close"
        assert old.ends()


@pytest.mark.parametrize(
    "head",
    [
        b"POST /invocations HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 44\r\n\r\n",
        b"POST /invocations HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /invocations HTTP/1.0\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_body_whose_end_can_be_seen_in_two_ways_is_refused(lexicon: RunningServer, head: bytes) -> None:
    """A proxy in front that sees the other end would take the rest for the next request, of somebody else."""
    with Connection(lexicon.port) as connection:
        connection.send(head + CHUNKED)
        answer = connection.answer()
        assert answer
        assert answer.status == 400
        assert connection.ends()


def test_a_client_that_asks_before_it_sends_nothing_is_answered(lexicon: RunningServer) -> None:
    with Connection(lexicon.port, seconds=2) as connection:
        for length in (b"Content-Length: 0\r\n", b""):
            connection.send(b"POST /invocations HTTP/1.1\r\nExpect: 100-continue\r\n" + length + b"\r\n")
            answer = connection.answer()
            assert answer
            assert answer.status == 400
