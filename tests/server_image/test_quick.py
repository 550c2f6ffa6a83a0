"""What is short is answered by the loop itself where the model is quick, and nobody suffers from it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from running_server import RunningServer, StartServer
from wire import Connection

from server_image.connections import SHORT, Lanes

PADDING = "x" * SHORT


def request(text: str) -> bytes:
    body = json.dumps({"input": [{"text": text}]}).encode()
    return b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """One process with one thread for scoring."""
    return start_server(LEXICON_QUICK=1, MODEL_SERVER_WORKERS=1, MODEL_SERVER_THREADS=1)


def test_a_short_request_does_not_wait_behind_a_long_one(server: RunningServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        long = pool.submit(server.ask, f"sleep2 {PADDING}")
        time.sleep(0.3)
        start = time.monotonic()
        assert [server.ask("love").status_code for _ in range(10)] == [200] * 10
        assert time.monotonic() - start < 1
        assert not long.done()
        assert long.result().status_code == 200


def test_requests_that_come_together_are_answered_in_their_order(server: RunningServer) -> None:
    texts = ["love", f"hate {PADDING}", "hate", "love love", "fail", "hate"]
    with Connection(server.port) as connection:
        connection.send(b"".join(map(request, texts)))
        answers = [connection.answer() for _ in texts]
    assert [each and each.status for each in answers] == [200, 200, 200, 200, 500, 200]
    labels = [json.loads(each.body)["output"][0]["label"] for each in answers if each and each.status == 200]
    assert labels == ["Positive", "Negative", "Negative", "Positive", "Negative"]


def test_who_does_not_read_keeps_nobody_waiting(server: RunningServer) -> None:
    silent = [Connection(server.port) for _ in range(4)]
    for connection in silent:
        connection.send(request("love") * 2000)
    start = time.monotonic()
    assert [server.ask("hate").status_code for _ in range(10)] == [200] * 10
    assert time.monotonic() - start < 5
    for connection in silent:
        connection.__exit__(None, None, None)


def test_a_failure_of_the_model_ends_neither_loop_nor_connection(server: RunningServer) -> None:
    with Connection(server.port) as connection:
        for text, status in (("fail", 500), ("love", 200)):
            connection.send(request(text))
            answer = connection.answer()
            assert answer is not None
            assert answer.status == status


def channel(size: int, **more: Any) -> Any:
    asked = SimpleNamespace(path="/invocations", error=None, body_rcv=b"a" * size)
    for name, value in more.items():
        setattr(asked, name, value)
    return SimpleNamespace(requests=[asked], reading=True, at_once=False)


@pytest.mark.parametrize(
    ("quick", "asked", "at_once"),
    [
        (True, channel(SHORT), True),
        (True, channel(SHORT + 1), False),
        (True, channel(0, path="/ping"), True),
        (True, channel(0, path="/metrics"), False),
        (False, channel(0, path="/ping"), False),
        (True, channel(SHORT, error=ValueError()), False),
        (False, channel(SHORT), False),
    ],
)
def test_only_short_texts_for_a_quick_model_are_scored_at_once(quick: bool, asked: Any, at_once: bool) -> None:
    lanes, queued = Lanes(0, quick), threading.Event()
    for lane in (lanes._scoring, lanes._rest):
        lane.add_task = lambda _channel: queued.set()
    lanes.add_task(asked)
    assert (asked.at_once, queued.is_set()) == (at_once, not at_once)


def test_nothing_is_scored_at_once_while_an_answer_waits_for_its_reader() -> None:
    asked = channel(10)
    asked.reading = False
    queue: Sequence[Any] = []
    lanes = Lanes(0, quick=True)
    lanes._scoring.add_task = queue.append  # type: ignore[attr-defined]
    lanes.add_task(asked)
    assert queue == [asked]
