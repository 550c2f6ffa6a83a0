"""Finding a Docker engine: each way of not finding one is told apart, with a remedy."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.clients import docker
from sentiment_cli.clients.docker import connect
from sentiment_cli.clients.docker_addresses import Address, knock, usual
from sentiment_cli.clients.docker_troubles import DockerUnavailable, Machine, cause, unavailable
from sentiment_cli.errors import SentimentError

SOCKET = "/var/run/docker.sock"


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose name is short enough for a unix socket."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def listening(short_path: Path) -> Iterator[Path]:
    """A unix socket where connections are taken and nothing is ever answered."""
    path = short_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield path


@pytest.fixture
def engine_that_says() -> Iterator[Any]:
    """Starts something on loopback that answers GET /version as it is told; returns its DOCKER_HOST."""
    servers = []

    def start(status: int, answer: str) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"tcp://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def trouble(environment: dict[str, str]) -> DockerUnavailable:
    with pytest.raises(DockerUnavailable) as caught:
        connect(environment)
    assert caught.value.fix
    return caught.value


def test_a_socket_that_nobody_made_is_an_engine_that_does_not_run(short_path: Path) -> None:
    assert trouble({"DOCKER_HOST": f"unix://{short_path}/none.sock"}).code in ("docker-stopped", "docker-missing")


def test_a_socket_left_behind_is_an_engine_that_was_stopped(short_path: Path) -> None:
    path = short_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))

    error = trouble({"DOCKER_HOST": f"unix://{path}"})

    assert error.code == "docker-stopped"
    assert str(path) in error.why


def test_an_engine_that_hangs_is_given_up(listening: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "ANSWER_SECONDS", 0.3)
    began = time.monotonic()

    assert trouble({"DOCKER_HOST": f"unix://{listening}"}).code == "docker-hung"
    assert time.monotonic() - began < 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_socket_of_another_user_is_refused_not_absent(listening: Path) -> None:
    listening.chmod(0o600)
    listening.parent.chmod(0o755)
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setuid(65534)
        else:
            listening.chmod(0)
        os._exit(0 if knock(Address(f"unix://{listening}", "a test")) == "denied" else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_port_where_nobody_listens_cannot_be_reached() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        error = trouble({"DOCKER_HOST": f"tcp://127.0.0.1:{reserved.getsockname()[1]}"})

    assert error.code == "docker-unreachable"


def test_plain_and_tls_are_told_apart(engine_that_says: Any, tmp_path: Path) -> None:
    plain = engine_that_says(200, json.dumps({"ApiVersion": "1.45", "Version": "27.0", "Os": "linux"}))
    tls = engine_that_says(400, "Client sent an HTTP request to an HTTPS server.\n")

    assert trouble({"DOCKER_HOST": tls}).code == "docker-tls"
    assert (
        trouble({"DOCKER_HOST": plain, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}).code
        == "docker-tls"
    )


@pytest.mark.parametrize("api", ["1.12", "1.39"])
def test_an_engine_of_long_ago_is_too_old(engine_that_says: Any, api: str) -> None:
    host = engine_that_says(200, json.dumps({"ApiVersion": api, "Version": "18.09", "Os": "linux"}))

    assert trouble({"DOCKER_HOST": host}).code == "docker-too-old"


def test_an_engine_for_windows_containers_is_no_use(engine_that_says: Any) -> None:
    host = engine_that_says(200, json.dumps({"ApiVersion": "1.45", "Version": "27.0", "Os": "windows"}))

    assert trouble({"DOCKER_HOST": host}).code == "docker-windows-containers"


def context_of(folder: Path, name: str, host: str) -> None:
    """Write a Docker context as `docker context create` and `docker context use` do."""
    meta = folder / "contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    endpoint = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoint}))
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))


def test_the_current_docker_context_is_honoured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine_that_says: Any
) -> None:
    host = engine_that_says(200, json.dumps({"ApiVersion": "1.45", "Version": "27.0", "Os": "linux"}))
    context_of(tmp_path, "colima", host)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    assert connect({}).address == Address(host, "the Docker context 'colima'")
    assert connect({"DOCKER_HOST": host}).address.source == "DOCKER_HOST"


def test_a_context_that_does_not_exist_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    assert "'nowhere'" in trouble({"DOCKER_CONTEXT": "nowhere"}).why


def test_the_sockets_of_every_engine_are_tried(tmp_path: Path) -> None:
    places = [address.url for address in usual({"XDG_RUNTIME_DIR": "/run/user/7"}, tmp_path, "linux")]

    assert places[0] == f"unix://{SOCKET}"
    for part in ("/run/user/7/docker.sock", ".docker/run", ".colima", ".orbstack", ".rd/", "podman"):
        assert any(part in place for place in places), part
    assert usual({}, tmp_path, "win32")[0].url == "npipe:////./pipe/docker_engine"


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        (f"unix://{SOCKET}", None),
        ("tcp://127.0.0.1:2375", None),
        ("tcp://localhost:2375", None),
        ("tcp://docker:2376", "docker"),
        ("ssh://me@builder.example", "builder.example"),
    ],
)
def test_an_engine_on_another_machine_is_known_as_such(url: str, remote: str | None) -> None:
    assert Address(url, "a test").remote_host == remote


@pytest.mark.parametrize(
    ("kind", "machine", "remedy"),
    [
        ("missing", Machine("darwin", "", lambda _: None), "Docker Desktop, OrbStack or Colima"),
        ("missing", Machine("linux", "6.1", lambda _: None), "docs.docker.com/engine/install"),
        ("stopped", Machine("darwin", "", lambda _: None), "open -a Docker"),
        ("stopped", Machine("darwin", "", lambda name: name == "colima"), "colima start"),
        ("stopped", Machine("win32", "", lambda _: None), "Docker Desktop"),
        ("stopped", Machine("linux", "5.15-microsoft-standard-WSL2", lambda _: True), "WSL integration"),
        ("stopped", Machine("linux", "6.1", lambda name: name == "systemctl"), "systemctl start docker"),
        ("denied", Machine("linux", "6.1", lambda _: True), "usermod -aG docker"),
    ],
)
def test_the_remedy_fits_the_machine(kind: str, machine: Machine, remedy: str) -> None:
    assert remedy in unavailable(kind, "unix:///x", machine=machine).fix


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("write /var/lib/docker/x: no space left on device", "no-space"),
        ("driver failed: Bind for 127.0.0.1:8080 failed: port is already allocated", "port-in-use"),
        ("Get https://registry-1.docker.io/v2/: x509: certificate signed by unknown authority", "registry-certificate"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify\nERROR: No matching distribution found", "certificate"),
        ("manifest for python:3.99-slim not found: manifest unknown: manifest unknown", "no-base-image"),
        ("dial tcp: lookup registry-1.docker.io: no such host", "network"),
        ("exec /bin/sh: exec format error", "other-architecture"),
        ("ERROR: No matching distribution found for scikit-learn==9.9", "no-such-package"),
    ],
)  # fmt: skip
def test_causes_are_recognised_in_what_the_engine_says(said: str, code: str) -> None:
    known = cause(said)

    assert known is not None
    assert known.code == code


def test_an_unknown_complaint_has_no_invented_cause() -> None:
    assert cause("Step 3 returned a non-zero code: 7") is None


@pytest.mark.docker
def test_the_engine_of_this_machine_is_found(docker_engine: Any) -> None:
    engine = connect()

    assert docker_engine.version()["Version"] in engine.name
    assert engine.image("sentiment-server:there-is-no-such-tag") is None


@pytest.mark.docker
def test_what_the_engine_refuses_is_an_error_with_its_own_words(docker_engine: Any) -> None:
    with pytest.raises(SentimentError) as caught:
        connect().start("there-is-no-such-container")

    assert "No such container" in caught.value.why
    assert caught.value.fix
