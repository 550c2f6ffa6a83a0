"""More clients, and more in their hands, than a server has room for: it stays small, and always answers somebody."""

from __future__ import annotations

import json
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from running_server import RunningServer, StartServer
from wire import Connection

from server_image.acceptor import CONNECTIONS_EACH

HEAD = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
MB = 2**20


def test_more_connections_than_descriptors(start_server: StartServer) -> None:
    """Those that say nothing make room; none of the others suffers."""
    server = start_server(MODEL_SERVER_WORKERS=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    crowd = []
    try:
        first = httpx.Client()
        assert first.get(f"{server.url}/ping").status_code == 200
        for _ in range(1100):
            crowd.append(socket.create_connection(("127.0.0.1", server.port)))
        assert first.get(f"{server.url}/ping").status_code == 200
    finally:
        for connection in crowd:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    deadline = time.monotonic() + 5
    while server.metric("model_server_connections") > 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.ask("love").status_code == 200
    assert len(server.workers()) == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_ten_thousand_silent_connections_keep_nobody_out(start_server: StartServer) -> None:
    """Who is silent for the longest makes room; whoever asks gets an answer, and no process grows."""
    server = start_server()
    before = sum(memory(pid) for pid in server.workers())
    waits = []
    with crowd(server, 10_000) as joined:
        for number in joined:
            if number % 1000 == 0:
                start = time.monotonic()
                assert httpx.get(f"{server.url}/ping", timeout=5).status_code == 200
                waits.append(time.monotonic() - start)
        assert server.ask("love").status_code == 200
        assert sum(memory(pid) for pid in server.workers()) < before + 60
        assert server.metric("model_server_connections") <= 2 * CONNECTIONS_EACH
    assert len(waits) == 10
    assert server.metric("model_server_worker_starts_total") == 2


def memory(pid: int) -> int:
    """MiB that a process holds."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) // 1024


@contextmanager
def crowd(server: RunningServer, number: int) -> Iterator[Iterator[int]]:
    """Connects one client after the other, each of which says nothing or half a head; they leave at the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < number + 500:
        pytest.skip(f"this user may open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (number + 500, hard))
    clients: list[socket.socket] = []

    def join() -> Iterator[int]:
        for count in range(1, number + 1):
            clients.append(socket.create_connection(("127.0.0.1", server.port)))
            clients[-1].sendall(b"POST /invocations HTTP/1.1\r\n" * (count % 2))
            yield count

    try:
        yield join()
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
@pytest.mark.parametrize("in_chunks", [True, False])
def test_many_large_bodies_at_once_are_bounded(start_server: StartServer, in_chunks: bool) -> None:
    """Twelve bodies of 8 MB where there is room for three: some are refused, none is lost, and memory stays low."""
    server = start_server(MODEL_SERVER_WORKERS=1, MODEL_SERVER_MAX_WAITING=24 * MB, MODEL_SERVER_MAX_BODY=8 * MB)
    before = memory(server.workers()[0])
    body = b'{"input":[{"text":"love"}], "more":"' + b"x" * (8 * MB - 100) + b'"}'
    length = b"Transfer-Encoding: chunked\r\n" if in_chunks else b"Content-Length: %d\r\n" % len(body)
    start = HEAD + length + b"\r\n" + (b"%x\r\n" % len(body) if in_chunks else b"")
    rest = body[7 * MB :] + (b"\r\n0\r\n\r\n" if in_chunks else b"")
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port, seconds=20)) for _ in range(12)]
        for connection in connections:
            connection.send(start, body[: 7 * MB])
            assert server.ask("hate").status_code == 200
        assert memory(server.workers()[0]) < before + 65  # all of them would be 84
        for connection in connections:
            connection.send(rest)
        answers = [connection.answer() for connection in connections]
    assert sorted({answer.status for answer in answers if answer}) == [200, 503]
    assert 3 <= sum(bool(answer and answer.status == 200) for answer in answers) <= 4
    for answer in answers:
        assert answer
        if answer.status == 503:
            assert (answer.closes, answer.fields["retry-after"]) == (True, "1")
            assert json.loads(answer.body)["type"].endswith(":busy")
    assert httpx.post(f"{server.url}/invocations", content=body).status_code == 200


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_large_bodies_leave_no_memory_behind(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_WORKERS=1)
    bomb = b'{"input":[' + b"[]," * 1_000_000 + b"[]]}"

    for _ in range(2):
        assert httpx.post(f"{server.url}/invocations", content=bomb).status_code == 400
    after_two = memory(server.workers()[0])
    for _ in range(6):
        assert httpx.post(f"{server.url}/invocations", content=bomb).status_code == 400
    assert memory(server.workers()[0]) < after_two + 60
