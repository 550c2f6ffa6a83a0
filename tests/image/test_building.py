"""The images themselves, really built: what is in them, what is not, and what the user hears meanwhile."""

from __future__ import annotations

import _thread
import base64
import json
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from sentiment_cli.clients.docker import Engine
from sentiment_cli.events import Event, LogLine, Progress
from sentiment_cli.image import Recipe
from sentiment_cli.image.building import BuildFailed, build, find

from .conftest import LIBRARIES, Run

pytestmark = pytest.mark.docker

READ_ONLY = {"read_only": True, "user": "65534:65534", "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}

LOADED_WITHOUT_BYTECODE = """
import importlib, pkgutil, sys, pathlib, server_image
for each in pkgutil.iter_modules(server_image.__path__):
    importlib.import_module(f"server_image.{each.name}")
for name, module in sorted(sys.modules.items()):
    source, cached = getattr(module, "__file__", None), getattr(module, "__cached__", None)
    if source and source.endswith(".py") and cached and not pathlib.Path(cached).exists():
        print(name)
"""


def inspect(docker_engine: Any, image: Recipe) -> dict[str, Any]:
    attributes: dict[str, Any] = docker_engine.images.get(image.name).attrs
    return attributes


def test_it_starts_with_serve_and_declares_what_sagemaker_reads(docker_engine: Any, compiled: Recipe, run: Run) -> None:
    config = inspect(docker_engine, compiled)["Config"]

    assert config["Cmd"] == ["serve"]
    assert not config["Entrypoint"]
    assert not config["User"]
    assert config["Labels"]["com.amazonaws.sagemaker.capabilities.accept-bind-to-port"] == "true"
    assert "8080/tcp" in config["ExposedPorts"]
    assert run(compiled, "sh", "-c", "command -v serve") == "/usr/local/bin/serve"


def test_it_is_made_for_the_machines_of_sagemaker(docker_engine: Any, compiled: Recipe) -> None:
    found = inspect(docker_engine, compiled)

    assert (found["Os"], found["Architecture"]) == ("linux", "amd64")


def test_it_has_the_python_of_training_and_exact_versions(compiled: Recipe, run: Run) -> None:
    installed = json.loads(run(compiled, "python", "-c", INSTALLED, "/opt/server"))

    assert sorted(f"{name}=={version}" for name, version in installed.items()) == sorted(
        compiled.files["requirements.txt"].decode().split()
    )
    assert run(compiled, "python", "-V").startswith(f"Python {compiled.python}.")


INSTALLED = """
import json, sys
from importlib.metadata import distributions
print(json.dumps({each.metadata["Name"]: each.version for each in distributions(path=sys.argv[1:])}))
"""


def test_without_a_need_there_is_no_scikit_learn(compiled: Recipe, run: Run) -> None:
    found = run(compiled, "python", "-c", "import importlib.util as u; print([n for n in "
                "('sklearn', 'numpy', 'scipy', 'joblib') if u.find_spec(n)])")  # fmt: skip

    assert found == "[]"


@pytest.mark.slow
def test_with_a_need_there_are_the_versions_of_training(pickled: Recipe, run: Run) -> None:
    installed = json.loads(run(pickled, "python", "-c", INSTALLED, "/opt/scikit-learn"))

    assert LIBRARIES.items() <= installed.items()
    pinned = {line.split("==")[0] for line in pickled.files["requirements-sklearn.txt"].decode().splitlines()}
    assert set(installed) == pinned, "a package came in without a pin"
    assert run(pickled, "python", "-c", "import sklearn.pipeline; print('fine')", **READ_ONLY) == "fine"


@pytest.mark.slow
def test_scikit_learn_is_what_makes_an_image_large(engine: Engine, compiled: Recipe, pickled: Recipe) -> None:
    small, large = find(engine, compiled), find(engine, pickled)

    assert small is not None
    assert large is not None
    assert small.size <= large.size / 3


def test_nothing_has_to_be_compiled_at_the_start(compiled: Recipe, run: Run) -> None:
    assert run(compiled, "python", "-c", LOADED_WITHOUT_BYTECODE, **READ_ONLY) == ""


def test_the_machine_of_the_build_leaves_no_trace(docker_engine: Any, compiled: Recipe, run: Run) -> None:
    history = json.dumps(docker_engine.images.get(compiled.name).history())
    settings = " ".join(inspect(docker_engine, compiled)["Config"]["Env"]) + run(compiled, "env")

    for word in ("PIP_", "_PROXY", "_proxy"):
        assert word not in settings
        assert word not in history
    assert run(compiled, "sh", "-c", "find / -xdev -name 'ca-bundle*' -o -xdev -name trusted.pem 2>/dev/null") == ""


def test_an_image_that_is_there_is_not_built_again(engine: Engine, compiled: Recipe) -> None:
    said: list[Event] = []

    image = build(engine, compiled, said.append)

    assert image == find(engine, compiled)
    assert said == []


@pytest.fixture
def small(compiled: Recipe) -> Recipe:
    """A recipe of its own that builds in a second."""
    dockerfile = f"ARG PYTHON_VERSION\nFROM python:${{PYTHON_VERSION}}-slim AS server\nLABEL test={uuid4()}\n"
    return replace(compiled, files={"Dockerfile": dockerfile.encode()})


def test_the_build_is_told_step_by_step(engine: Engine, small: Recipe, docker_engine: Any) -> None:
    said: list[Event] = []

    build(engine, small, said.append)
    docker_engine.images.remove(small.name)

    assert [(event.done, event.total) for event in said if isinstance(event, Progress)] == [(1, 3), (2, 3), (3, 3)]
    assert any(isinstance(event, LogLine) and "LABEL test=" in event.text for event in said)


def test_a_step_that_fails_shows_its_last_words(engine: Engine, small: Recipe) -> None:
    dockerfile = small.files["Dockerfile"] + b"RUN echo looking in https://me:s3cret@mirror/simple; echo ouch; exit 7\n"

    with pytest.raises(BuildFailed) as caught:
        build(engine, replace(small, files={"Dockerfile": dockerfile}), lambda event: None)

    assert "ouch" in caught.value.why
    assert "non-zero code: 7" in caught.value.why
    assert "s3cret" not in caught.value.why
    assert find(engine, small) is None


def test_a_build_that_is_left_ends_with_its_container(engine: Engine, small: Recipe, docker_engine: Any) -> None:
    """The pip of a build that nobody waits for would go on for minutes."""
    dockerfile = small.files["Dockerfile"] + b"RUN echo at work; sleep 300\n"

    def leave(event: Event) -> None:
        if isinstance(event, LogLine) and event.text == "at work":
            _thread.interrupt_main()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        build(engine, replace(small, files={"Dockerfile": dockerfile}), leave)
    assert time.monotonic() - began < 60

    def at_work() -> list[str]:
        commands = (str(each.attrs["Config"]["Cmd"]) for each in docker_engine.containers.list())
        return [each for each in commands if "sleep 300" in each]

    deadline = time.monotonic() + 20
    while at_work():
        assert time.monotonic() < deadline, "it goes on"
        time.sleep(0.2)
    assert find(engine, small) is None


def test_a_python_without_a_base_image_is_a_named_cause(engine: Engine, small: Recipe) -> None:
    with pytest.raises(BuildFailed) as caught:
        build(engine, replace(small, python="3.99"), lambda event: None)

    assert caught.value.code in ("no-base-image", "network")


def test_pins_that_do_not_exist_are_a_named_cause(engine: Engine, compiled: Recipe) -> None:
    files = {**compiled.files, "requirements.txt": b"falcon==0.0.0.99\n"}

    with pytest.raises(BuildFailed) as caught:
        build(engine, replace(compiled, files=files), lambda event: None)

    assert caught.value.code == "no-such-package", caught.value.why


class Proxy(socketserver.BaseRequestHandler):
    """An HTTP proxy that notes who asks for what, and with which password."""

    asked: ClassVar[list[str]] = []

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(4096)
        self.asked.append(head.decode())
        host, port = head.split()[1].decode().rsplit(":", 1)
        with socket.create_connection((host, int(port))) as upstream:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(upstream, self.request), daemon=True)
            back.start()
            pump(self.request, upstream)


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy() -> Iterator[str]:
    Proxy.asked.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://me:s3cret@127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.slow
def test_a_proxy_of_this_machine_serves_the_build_and_stays_unknown(
    engine: Engine, compiled: Recipe, docker_engine: Any, proxy: str, run: Run
) -> None:
    said: list[Event] = []
    # Its own requirements, or the layer with the packages would come from the cache.
    files = {**compiled.files, "requirements.txt": compiled.files["requirements.txt"] + f"# {uuid4()}\n".encode()}
    through = replace(compiled, files=files)

    build(engine, through, said.append, environment={"HTTPS_PROXY": proxy})
    history = json.dumps(docker_engine.images.get(through.name).history())
    docker_engine.images.remove(through.name)

    assert any(request.startswith("CONNECT pypi.org:443") for request in Proxy.asked)
    assert all(f"Basic {base64.b64encode(b'me:s3cret').decode()}" in request for request in Proxy.asked)
    assert "s3cret" not in history
    assert not any("s3cret" in event.text for event in said if isinstance(event, LogLine))
