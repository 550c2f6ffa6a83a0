"""Senders against real servers on port 0: when requests leave, what counts as what, and that nobody stays behind."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import pytest

from sentiment_cli.clients.inference import InferenceClient
from sentiment_cli.clients.load import Senders
from sentiment_cli.clients.sender import Outcome, Request
from sentiment_cli.errors import SentimentError


class Server(ThreadingHTTPServer):
    """Answers by path; counts requests and connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.counts: Counter[str] = Counter()
        self.heard: tuple[str, Mapping[str, str], bytes] = ("", {}, b"")
        self.lock = Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def count(self, what: str) -> int:
        with self.lock:
            self.counts[what] += 1
            return self.counts[what]

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.count("connections")

    def do_POST(self) -> None:
        number = self.server.count("requests")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard = (self.path, dict(self.headers), body)
        kind = self.path.strip("/")
        if kind == "slow":
            time.sleep(0.2)
        if kind == "pause" and number == 1:
            time.sleep(0.5)
        if kind == "hangs-up" or (kind == "forgets" and number % 5 == 0):
            self.close_connection = True
            if kind == "hangs-up":
                return
        status, body = {"throttles": (400, b'{"__type": "ThrottlingException"}'), "limits": (429, b""),
                        "breaks": (500, b"Boom")}.get(kind, (200, b'{"output": []}'))  # fmt: skip
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        self.server.heard = (self.path, dict(self.headers), b"")
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")
def senders() -> Iterator[Senders]:
    with Senders(2) as running:
        yield running


def request(server: Server, path: str = "fine") -> Request:
    return Request(server.url, f"/{path}", {"Content-Type": "application/json"}, b"{}")


def send(senders: Senders, what: Request, moments: list[float], **options: Any) -> Outcome:
    told = {"connections": 4, "timeout": 5.0, "slow": 1.0, "patience": 1000, "until": 30.0, **options}
    return senders.send([what], moments, **told)


def test_requests_leave_when_they_are_due_over_connections_that_stay(server: Server, senders: Senders) -> None:
    outcome = send(senders, request(server), [number / 50 for number in range(50)])
    assert (len(outcome.latencies), outcome.errors) == (50, Counter())
    assert 0.98 <= outcome.seconds < 3
    assert server.counts == {"requests": 50, "connections": 4}


def test_who_waits_for_a_slow_answer_is_counted_from_when_it_was_due(server: Server) -> None:
    """The first answer takes half a second and there is one connection: the others are due meanwhile, and wait."""
    with Senders(1) as one:
        outcome = send(one, request(server, "pause"), [0.0, 0.05, 0.1, 0.15, 0.2], connections=1)
    waited = sorted(outcome.latencies)
    assert waited[0] > 0.28
    assert waited[-1] > 0.5
    assert len(outcome.lags) <= 1  # being late was the server's doing


def test_a_slow_server_does_not_keep_later_requests(server: Server, senders: Senders) -> None:
    outcome = send(senders, request(server, "slow"), [number / 40 for number in range(40)], connections=20)
    assert len(outcome.latencies) == 40
    assert outcome.seconds < 3  # one after the other they would take eight


@pytest.mark.parametrize(
    ("path", "kind"),
    [("throttles", "throttled"), ("limits", "throttled"), ("breaks", "http 500"), ("hangs-up", "connection")],
)
def test_failures_have_kinds(server: Server, senders: Senders, path: str, kind: str) -> None:
    outcome = send(senders, request(server, path), [0.0, 0.01, 0.02, 0.03])
    assert (len(outcome.latencies), outcome.errors) == (0, Counter({kind: 4}))


def test_no_answer_in_time_is_a_failure(server: Server, senders: Senders) -> None:
    outcome = send(senders, request(server, "slow"), [0.0, 0.0], timeout=0.05, connections=2)
    assert outcome.errors == Counter({"timeout": 2})


def test_a_server_that_closes_idle_connections_is_asked_over_a_new_one(server: Server, senders: Senders) -> None:
    outcome = send(senders, request(server, "forgets"), [number / 100 for number in range(40)])
    assert (len(outcome.latencies), outcome.errors) == (40, Counter())


def test_nobody_listening_is_a_failure_and_no_wait(senders: Senders) -> None:
    nobody = Request("http://127.0.0.1:9", "/", {}, b"{}")
    with Senders(1) as one:
        outcome = send(one, nobody, [0.0, 0.0])
    assert outcome.errors == Counter({"connection": 2})


def test_patience_ends_a_hopeless_job(server: Server, senders: Senders) -> None:
    outcome = send(senders, request(server, "breaks"), [number / 200 for number in range(2000)], patience=10)
    assert 10 <= outcome.errors.total() <= 2 * (10 + 2)  # of either process, and those under way
    assert outcome.seconds < 3


def test_patience_also_ends_the_wait_of_those_that_are_due_later(server: Server) -> None:
    with Senders(1) as one:
        outcome = send(one, request(server, "breaks"), [0.0, 0.0, 20.0, 20.0], patience=2)
    assert outcome.errors.total() == 2
    assert outcome.seconds < 5


def test_nothing_is_sent_after_the_end(server: Server, senders: Senders) -> None:
    outcome = send(senders, request(server, "slow"), [0.0] * 40, connections=2, until=0.3)
    assert 2 <= len(outcome.latencies) <= 6


def test_a_sender_that_was_killed_is_an_error_and_none_stays_behind(server: Server) -> None:
    with Senders(2) as both:
        first, second = both._processes
        first.kill()
        with pytest.raises(SentimentError, match="ended"):
            send(both, request(server), [0.0, 0.0])
    assert first.returncode is not None
    assert second.returncode is not None


def test_a_prepared_request_is_what_the_client_itself_sends(server: Server) -> None:
    with InferenceClient(f"{server.url}/base/", "predict", {"x-api-key": "secret"}) as client:
        ready = client.prepared(["a", "b"])
        client.send({"input": [{"text": "a"}, {"text": "b"}]})
    path, headers, body = server.heard
    assert (ready.url, ready.path, ready.body) == (server.url, path, body)
    assert ready.headers.items() <= headers.items()
    assert (path, headers["x-api-key"]) == ("/base/predict", "secret")
    assert "secret" not in repr(ready)


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://model.example", "model.example:443"), ("https://model.example:8443", "model.example:8443")],
)
def test_a_proxy_hears_who_asks_to_be_let_through(
    server: Server, monkeypatch: pytest.MonkeyPatch, url: str, host: str
) -> None:
    for name in ("HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", server.url.replace("//", "//ana:p%40ss@"))
    with Senders(1) as one:
        outcome = send(one, Request(url, "/", {}, b"{}"), [0.0], connections=1)
    assert outcome.errors == Counter({"connection": 1})
    path, headers, _ = server.heard
    told = {name.lower(): value for name, value in headers.items()}
    assert (path, told["proxy-authorization"]) == (host, "Basic " + base64.b64encode(b"ana:p@ss").decode())
