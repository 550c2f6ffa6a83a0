"""What is short or a little longer is answered by the loop where the model is quick, and nobody suffers from it."""

from __future__ import annotations

import json
import select
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from in_process import connected
from running_server import RunningServer, StartServer
from waitress.task import ThreadedTaskDispatcher
from wire import Connection

from server_image.channel import Channel
from server_image.lanes import SHORT

MEDIUM = 20_000
BATCH, LONG = "x" * SHORT, "x" * MEDIUM


def request(text: str) -> bytes:
    body = json.dumps({"input": [{"text": text}]}).encode()
    return b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """One process with one thread for scoring."""
    return start_server(LEXICON_QUICK=MEDIUM, MODEL_SERVER_WORKERS=1, MODEL_SERVER_THREADS=1)


def test_a_short_request_does_not_wait_behind_a_long_one(server: RunningServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        long = pool.submit(server.ask, f"sleep2 {LONG}")
        time.sleep(0.3)
        start = time.monotonic()
        assert [server.ask("love").status_code for _ in range(10)] == [200] * 10
        assert time.monotonic() - start < 1
        assert not long.done()
        assert long.result().status_code == 200


def test_requests_that_come_together_are_answered_in_their_order(server: RunningServer) -> None:
    texts = ["love", f"hate {BATCH}", "hate", f"love {LONG}", "love love", "fail", f"hate {BATCH}"]
    with Connection(server.port) as connection:
        connection.send(b"".join(map(request, texts)))
        answers = [connection.answer() for _ in texts]
    assert [each and each.status for each in answers] == [200, 200, 200, 200, 200, 500, 200]
    labels = [json.loads(each.body)["output"][0]["label"] for each in answers if each and each.status == 200]
    assert labels == ["Positive", "Negative", "Negative", "Positive", "Positive", "Negative"]


def test_a_short_request_waits_for_one_batch_and_not_for_all(server: RunningServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        batches = [pool.submit(server.ask, f"sleep0.25 {BATCH}") for _ in range(8)]
        time.sleep(0.1)
        start = time.monotonic()
        assert server.ask("love").status_code == 200
        assert time.monotonic() - start < 0.7
        assert not all(batch.done() for batch in batches)
        assert {batch.result().status_code for batch in batches} == {200}


def test_who_leaves_while_a_batch_waits_keeps_nobody(server: RunningServer) -> None:
    """One process would start anew if its loop broke, and count that."""
    with Connection(server.port) as first, Connection(server.port) as last:
        first.send(request(f"sleep0.5 {BATCH}"))
        time.sleep(0.1)
        with Connection(server.port) as leaves:
            last.send(request(f"sleep0.5 {BATCH}"))
            leaves.send(request(f"love {BATCH}"))
            time.sleep(0.6)
        answers = [connection.answer() for connection in (first, last)]
    assert [each and each.status for each in answers] == [200, 200]
    assert server.metric("model_server_worker_starts_total") == 1


def test_batches_that_wait_are_answered_before_the_server_ends(server: RunningServer) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port)) for _ in range(4)]
        for connection in connections:
            connection.send(request(f"sleep0.3 {BATCH}"))
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        answers = [connection.answer() for connection in connections]
        assert [each and each.status for each in answers] == [200] * 4
        assert all(each and each.closes for each in answers[1:])
        assert all(connection.ends() for connection in connections)
    assert server.process.wait(5) == 0


@pytest.mark.parametrize("has_epoll", [True, False])
def test_a_batch_is_answered_by_the_loop_whichever_it_is(monkeypatch: pytest.MonkeyPatch, has_epoll: bool) -> None:
    if not has_epoll:
        monkeypatch.delattr(select, "epoll")
    monkeypatch.setattr(ThreadedTaskDispatcher, "add_task", None)
    with connected(quick=MEDIUM) as connection:
        for text in ("good", BATCH, "good", BATCH):
            assert connection.ask(request(text)).startswith(b"HTTP/1.1 200 OK")


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


@pytest.mark.parametrize("text", ["good", BATCH])
def test_a_defect_of_ours_ends_the_connection_and_not_the_loop(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def broken(_channel: Channel) -> None:
        raise RuntimeError("a defect")

    with connected(quick=MEDIUM) as connection, connection.another() as other:
        with monkeypatch.context() as patch:
            patch.setattr(Channel, "service", broken)
            other.sendall(request(text))
            assert other.recv(65536) == b""
        assert connection.ask(request(text)).startswith(b"HTTP/1.1 200 OK")
