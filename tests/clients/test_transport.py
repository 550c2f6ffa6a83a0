"""HTTP to real servers on port 0: what is asked, what is made of an answer, and which way it goes."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from sentiment_cli import __version__
from sentiment_cli.clients.inference import InferenceClient
from sentiment_cli.clients.transport import split
from sentiment_cli.errors import InputError, SentimentError

ANSWER = b'{"output": [{"label": "Positive", "score": 0.9}]}'


class Server(ThreadingHTTPServer):
    """Answers by path, also as a proxy: then the path is the whole address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self._answer(200 if self.path == "/well/ping" else 503, b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.path == "/gone/invocations":
            self.close_connection = True
        elif self.path.startswith("/status/"):
            self._answer(int(self.path.split("/")[2]), b'{"message": "No."}')
        elif self.path == "/moved/invocations":
            self._answer(307, b"elsewhere", Location="/invocations")
        else:
            self._answer(200, gzip.compress(ANSWER), **{"Content-Encoding": "gzip"})

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    running = Server()
    Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def label(url: str, **options: Any) -> str:
    with InferenceClient(url, **options) as client:
        return str(client.ask(["hello"])["output"][0]["label"])


def test_a_compressed_answer_is_unpacked(server: Server) -> None:
    assert label(server.url) == "Positive"
    (path, headers) = server.heard[0]
    assert path == "/invocations"
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert headers["user-agent"] == f"sentiment-cli/{__version__}"


def test_the_path_of_an_address_is_kept(server: Server) -> None:
    assert label(f"{server.url}/a%20b/api/", path="predict") == "Positive"
    assert server.heard[0][0] == "/a%20b/api/predict"


@pytest.mark.parametrize(("path", "up"), [("/well", True), ("/ill", False)])
def test_a_server_is_up_that_says_so(server: Server, path: str, up: bool) -> None:
    with InferenceClient(server.url + path) as client:
        assert client.is_up() is up


@pytest.mark.parametrize(("path", "code"), [("/gone", "no-answer"), ("/moved", "http-307")])
def test_nothing_is_asked_twice(server: Server, path: str, code: str) -> None:
    with pytest.raises(SentimentError) as caught:
        label(server.url + path)
    assert (caught.value.code, len(server.heard)) == (code, 1)


@pytest.mark.parametrize(
    ("status", "exit_code", "fix"),
    [
        (400, 2, "Correct the input"),
        (413, 2, "Correct the input"),
        (415, 2, "Correct the input"),
        (403, 1, "API key"),
        (404, 1, "address"),
        (408, 1, "Try again"),
        (429, 1, "usage plan"),
        (405, 1, "server's own output"),
        (503, 1, "server's own output"),
    ],
)
def test_only_what_is_wrong_with_the_texts_is_wrong_input(
    server: Server, status: int, exit_code: int, fix: str
) -> None:
    with pytest.raises(SentimentError) as caught:
        label(f"{server.url}/status/{status}")
    assert (caught.value.code, caught.value.exit_code) == (f"http-{status}", exit_code)
    assert fix in caught.value.fix
    assert caught.value.why == "No."


def test_where_nobody_listens() -> None:
    with InferenceClient("http://127.0.0.1:9") as client:
        assert not client.is_up()
        with pytest.raises(SentimentError) as caught:
            client.ask(["hello"])
    assert caught.value.code == "not-serving"


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_a_server_elsewhere_is_reached_through_the_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, server.url.replace("//", "//ana:p%40ss@"))
    assert label("http://model.example:8080", local=False) == "Positive"
    (path, headers) = server.heard[0]
    assert path == "http://model.example:8080/invocations"
    assert headers["proxy-authorization"] == "Basic " + base64.b64encode(b"ana:p@ss").decode()


def test_who_may_not_be_reached_through_the_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert label(server.url) == "Positive"  # this machine's own
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert label(server.url, local=False) == "Positive"


def test_an_address_is_taken_apart() -> None:
    assert split("https://model.example:8443/a/b/") == ("https://model.example:8443", "/a/b")
    assert split("http://[::1]:8080") == ("http://[::1]:8080", "")


@pytest.mark.parametrize("url", ["model.example", "ftp://model.example", "http://", "http://[::1", "http://a:b:c", ""])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InputError) as caught:
        InferenceClient(url)
    assert caught.value.code == "bad-url"
