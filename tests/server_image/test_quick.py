"""What is short is answered by the loop itself where the model is quick, and nobody suffers from it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from in_process import connected
from running_server import RunningServer, StartServer
from wire import Connection

from server_image.connections import SHORT, Lanes
from server_image.loop import PlainLoop
from tests.steady import Steady

PADDING = "x" * SHORT


def request(text: str) -> bytes:
    body = json.dumps({"input": [{"text": text}]}).encode()
    return b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """One process with one thread for scoring."""
    return start_server(LEXICON_QUICK=SHORT, MODEL_SERVER_WORKERS=1, MODEL_SERVER_THREADS=1)


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


LONG = 8 * SHORT


@pytest.mark.parametrize(
    ("quick", "busy", "asked", "at_once"),
    [
        (LONG, False, channel(LONG), True),
        (LONG, False, channel(LONG + 1), False),
        (LONG, True, channel(LONG), False),
        (LONG, True, channel(SHORT), True),
        (LONG, True, channel(SHORT + 1), False),
        (LONG, False, channel(SHORT, path="/ping"), False),
        (LONG, False, channel(SHORT, error=ValueError()), False),
        (10, False, channel(10), True),
        (10, True, channel(11), False),
        (-1, False, channel(0), False),
    ],
)
def test_only_what_takes_the_model_little_time_is_scored_at_once(
    quick: int, busy: bool, asked: Any, at_once: bool
) -> None:
    lanes, queued = Lanes(0, quick, loop_that_is(busy)), threading.Event()
    for lane in (lanes._scoring, lanes._rest):
        lane.add_task = lambda _channel: queued.set()
    lanes.add_task(asked)
    assert (asked.at_once, queued.is_set()) == (at_once, not at_once)


def loop_that_is(busy: bool) -> PlainLoop:
    loop = PlainLoop({})
    loop.began = time.monotonic() + (-60 if busy else 60)  # far away, for a test may be kept waiting
    return loop


def test_nothing_is_scored_at_once_while_an_answer_waits_for_its_reader() -> None:
    asked = channel(10)
    asked.reading = False
    queue: Sequence[Any] = []
    lanes = Lanes(0, SHORT, loop_that_is(busy=False))
    lanes._scoring.add_task = queue.append  # type: ignore[attr-defined]
    lanes.add_task(asked)
    assert queue == [asked]


def test_batches_that_come_together_are_not_scored_one_after_the_other_in_the_loop() -> None:
    """Each is short enough for it, all of them are not; what came first has its answer, the others have a thread."""
    took = []

    class Slow(Steady):
        def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
            took.append(threading.current_thread())
            time.sleep(0.2)  # far beyond BUSY_SECONDS
            return super().predict(texts)

    ask = request("good " * SHORT)
    with connected(Slow(), quick=LONG * 4) as connection, ExitStack() as more:
        others = [more.enter_context(connection.another()) for _ in range(4)]
        # A request that holds the loop, behind which the others come together.
        connection.client.sendall(ask)
        for other in others:
            other.sendall(ask)
        for client in (connection.client, *others):
            assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
    by_the_loop = [thread is connection.loop for thread in took]
    assert 1 <= sum(by_the_loop) < len(by_the_loop) == 5
