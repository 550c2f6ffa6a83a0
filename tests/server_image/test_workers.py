"""The processes: they share the load, are replaced when they die, and finish what they have when told to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from running_server import LEXICON_SERVER, PLAIN, RunningServer, StartServer

REQUEST = (
    b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
    b'{"input":[{"text": "love"}]}'
)


def connect(server: RunningServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def answer(connection: socket.socket) -> bytes:
    """Bytes up to the end of the connection or of a whole answer."""
    got = b""
    while piece := connection.recv(65536):
        got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if lengths and len(body) >= int(lengths[0][15:]):
            break
    return got


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("connections", [2, 4, 5])
def test_the_processes_share_the_load(start_server: StartServer, connections: int) -> None:
    server = start_server()
    clients = [httpx.Client(**PLAIN) for _ in range(connections)]
    body = {"input": [{"text": "love " * 50}] * 100}

    def ask(client: httpx.Client) -> None:
        for _ in range(60):
            assert client.post(f"{server.url}/invocations", json=body).status_code == 200

    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(ask, clients))
    used = sorted(cpu_seconds(pid) for pid in server.workers())
    assert len(used) == 2
    assert used[0] > 0.25 * used[1]


class Load:
    """Clients on connections that stay open, asking until told to stop; counts what they got."""

    def __init__(self, server: RunningServer, clients: int) -> None:
        self.got: Counter[str] = Counter()
        self._stop = threading.Event()
        self._server = server
        self._port = server.port
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                connection = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            except OSError:
                self.got["refused"] += 1
                time.sleep(0.01)
                continue
            with connection:
                self._ask_on(connection)

    def _ask_on(self, connection: socket.socket) -> None:
        while not self._stop.is_set():
            try:
                connection.sendall(REQUEST)
                got = answer(connection)
            except OSError:
                got = b""
            if not got.startswith(b"HTTP/1.1 200") or b'"Positive"' not in got:
                self.got["lost"] += 1
                return
            self.got["answered"] += 1
            if b"connection: close" in got.lower():
                return


def test_a_killed_worker_costs_only_what_it_was_doing(start_server: StartServer) -> None:
    server = start_server()
    before = server.workers()
    load = Load(server, 8)
    time.sleep(0.5)
    os.kill(before[0], signal.SIGKILL)
    died = server.event("worker_died")
    time.sleep(0.5)
    load.stop()
    assert died["pid"] == before[0]
    assert died["how"] == "signal SIGKILL"
    assert 1 <= load.got["lost"] <= 6  # the connections of that worker, about half of eight
    assert load.got["refused"] == 0
    assert load.got["answered"] > 500
    after = server.workers()
    assert len(after) == 2
    assert before[1] in after
    assert server.metric("model_server_worker_starts_total") == 3


def test_a_text_that_kills_its_worker_harms_nobody_else(start_server: StartServer) -> None:
    server = start_server()
    with pytest.raises(httpx.RemoteProtocolError):
        server.ask("die")
    assert all(server.ask("love").status_code == 200 for _ in range(10))
    deadline = time.monotonic() + 5
    while len(server.workers()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(server.workers()) == 2


def test_workers_that_keep_dying_are_replaced_more_slowly(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_WORKERS=1)
    for _ in range(5):
        with pytest.raises(httpx.TransportError):
            server.ask("die")
    delays = [event["restart_in"] for event in server.events() if event["event"] == "worker_died"]
    assert delays[0] == 0
    assert delays == sorted(delays)
    assert delays[-1] > 0.2
    assert server.ask("love").status_code == 200


def test_a_worker_that_hangs_is_replaced(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [*LEXICON_SERVER[:1], "-c", HANGS_SOON.format(folder=str(Path(LEXICON_SERVER[1]).parent))]
    server = start_server(command=command, MODEL_SERVER_WORKERS=1, MODEL_SERVER_TIMEOUT=1)
    with pytest.raises(httpx.RemoteProtocolError):
        server.ask("hang")
    assert server.event("worker_hung")["seconds"] > 1
    assert server.ask("love").status_code == 200


HANGS_SOON = """
import sys
sys.path.insert(0, {folder!r})
import lexicon_server, server_image.serving as serving
serving._HUNG_GRACE_SECONDS = 0.5
sys.exit(lexicon_server.main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_everything_and_then_leaves(start_server: StartServer, number: int) -> None:
    server = start_server()
    workers = server.workers()
    load = Load(server, 8)
    time.sleep(0.5)
    slow = ThreadPoolExecutor(1).submit(server.ask, "love sleep1")
    time.sleep(0.2)
    start = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - start < 10
    load.stop()
    assert load.got["lost"] == 0
    assert load.got["answered"] > 200
    assert slow.result().status_code == 200
    assert server.event("stopped")["cut_off"] == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_request_that_is_still_arriving_is_answered_too(start_server: StartServer) -> None:
    server = start_server()
    with connect(server) as half, connect(server) as idle:
        half.sendall(REQUEST[:-5])
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        half.sendall(REQUEST[-5:])
        assert b"200 OK" in answer(half)
        assert idle.recv(1) == b""
    assert server.process.wait(10) == 0


def test_the_second_signal_leaves_at_once(start_server: StartServer) -> None:
    server = start_server()
    pending = ThreadPoolExecutor(1).submit(server.ask, "sleep20")
    time.sleep(0.3)
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert server.process.poll() is None
    assert server.stop(signal.SIGINT, seconds=2) == 0
    assert server.event("stopped")["cut_off"] == 1
    assert isinstance(pending.exception(5), httpx.TransportError)


def test_workers_do_not_outlive_their_parent(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_WORKERS=3)
    workers = server.workers()
    assert len(workers) == 3
    server.process.kill()
    server.process.wait()
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_worker_told_to_stop_finishes_and_is_replaced(start_server: StartServer) -> None:
    server = start_server()
    slow = [ThreadPoolExecutor(1).submit(server.ask, "love sleep0.5") for _ in range(2)]
    time.sleep(0.2)
    before = server.workers()
    os.kill(before[0], signal.SIGTERM)
    assert [one.result().status_code for one in slow] == [200, 200]
    assert server.event("worker_died")["how"] == "exit status 0"
    assert server.ask("love").status_code == 200


def test_slow_clients_block_nobody(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_WORKERS=1)
    slow = [connect(server) for _ in range(20)]
    for connection in slow:
        connection.sendall(REQUEST[:40])
    start = time.monotonic()
    for _ in range(20):
        assert server.ask("love").status_code == 200
        for connection in slow:
            connection.sendall(b"a")
    assert time.monotonic() - start < 2
    for connection in slow:
        connection.close()


def test_a_request_that_never_arrives_whole_is_refused(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_TIMEOUT=1)
    with connect(server) as connection:
        connection.sendall(REQUEST[:-5])
        got = answer(connection)
    assert b"408 Request Timeout" in got
    assert b"application/problem+json" in got


def test_a_health_check_does_not_wait_behind_a_long_batch(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_WORKERS=1)
    long = ThreadPoolExecutor(1).submit(server.ask, *["love " * 1000] * 3000, timeout=60)
    time.sleep(0.3)
    start = time.monotonic()
    assert httpx.get(f"{server.url}/ping", **PLAIN).status_code == 200
    assert time.monotonic() - start < 0.5
    assert not long.done()
    assert long.result().status_code == 200


def test_a_long_batch_does_not_attract_new_connections(start_server: StartServer) -> None:
    server = start_server()
    long = ThreadPoolExecutor(1).submit(server.ask, "sleep2")
    time.sleep(0.3)
    start = time.monotonic()
    for _ in range(10):
        assert server.ask("love").status_code == 200
    assert time.monotonic() - start < 1
    assert long.result().status_code == 200


def test_zombies_of_strangers_are_collected(start_server: StartServer) -> None:
    """As process 1 of a container the server inherits every orphan."""
    unshare = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("needs the right to make a process namespace")
    command = [*unshare, "sh", "-c", '(sleep 0.3; (sleep 0.1 &) ) & exec "$@"', "sh", *LEXICON_SERVER]
    server = start_server(command=command)
    time.sleep(1)
    [init] = [int(pid) for pid in subprocess.check_output(["pgrep", "-P", str(server.process.pid)]).split()]
    states = subprocess.run(["ps", "-o", "stat=", "--ppid", str(init)], capture_output=True, text=True).stdout
    assert len(states.split()) == 2
    assert "Z" not in states
    os.kill(init, signal.SIGTERM)
    assert server.process.wait(10) == 0
