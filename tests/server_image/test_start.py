"""What prevents a start is one line in the log and exit status 1."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

import httpx
import pytest
from running_server import LEXICON_SERVER, RunningServer, StartServer

# The rights of an ordinary user, for root too, whose files another user might not even read.
POWERLESS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []


def reason(server: RunningServer, seconds: float = 10.0) -> str:
    """The one reason for which the server did not start."""
    assert server.process.wait(seconds) == 1
    [failed] = [event for event in server.events() if event["event"] == "failed"]
    assert failed["level"] == "error"
    assert "Traceback" not in server.log.read_text()
    return str(failed["reason"])


def test_a_port_that_is_taken(start_server: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = reason(start_server(ready=False, SAGEMAKER_BIND_TO_PORT=port))
    assert said.startswith(f"Port {port} on 127.0.0.1 is in use")


def test_a_port_that_is_taken_while_it_starts(start_server: StartServer) -> None:
    """Two sockets may be bound to one port as long as nobody listens."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        command = [sys.executable, "-c", LISTENS_LATE.format(folder=os.path.dirname(LEXICON_SERVER[1]))]  # noqa: PTH120
        server = start_server(command=command, ready=False, SAGEMAKER_BIND_TO_PORT=port)
        time.sleep(0.5)
        other.listen()
        assert "is in use" in reason(server)


LISTENS_LATE = """
import sys, time
sys.path.insert(0, {folder!r})
import lexicon_server, server_image.serving as serving
check = serving.check
serving.check = lambda model: time.sleep(0.5) or check(model)
sys.exit(lexicon_server.main())
"""


def test_a_port_below_1024_without_the_right_to_it(start_server: StartServer) -> None:
    if int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read()) <= 80:  # noqa: SIM115, PTH123
        pytest.skip("here every user may listen on every port")
    said = reason(start_server(command=[*POWERLESS, *LEXICON_SERVER], ready=False, SAGEMAKER_BIND_TO_PORT=80))
    assert said.startswith("This user may not listen on port 80")


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.7", "a" * 300, "bücher..example"])
def test_an_address_that_is_not_here(start_server: StartServer, host: str) -> None:
    assert reason(start_server(ready=False, MODEL_SERVER_HOST=host)).startswith("MODEL_SERVER_HOST is '")


def test_a_model_that_cannot_score(start_server: StartServer) -> None:
    said = reason(start_server(ready=False, LEXICON_BROKEN="/"))
    assert said.endswith("cannot serve: scoring a text failed with RuntimeError.")


def test_processes_that_die_at_start(start_server: StartServer) -> None:
    start = time.monotonic()
    said = reason(start_server(ready=False, LEXICON_ONLY_PARENT=1))
    assert said.startswith("The worker processes die at start, 5 times in a row: RuntimeError: scoring a text failed")
    assert time.monotonic() - start < 8


def test_a_stop_before_it_is_ready(start_server: StartServer) -> None:
    command = [sys.executable, "-c", LISTENS_LATE.format(folder=os.path.dirname(LEXICON_SERVER[1]))]  # noqa: PTH120
    server = start_server(command=command, ready=False, LEXICON_ONLY_PARENT=1)
    time.sleep(0.9)
    assert server.stop(signal.SIGTERM, seconds=3) in (0, -signal.SIGTERM)


def test_an_ordinary_user_who_may_write_no_file(start_server: StartServer) -> None:
    """As it is run in a container: no capabilities, a read-only root file system, large bodies all the same."""
    limits = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16)); "
    command = [*POWERLESS, sys.executable, "-c", limits + "os.execv(sys.argv[1], sys.argv[1:])", *LEXICON_SERVER]
    server = start_server(command=command, TMPDIR="/nowhere", MODEL_SERVER_MAX_ROWS=10**6)
    body = {"input": [{"text": "love"}] * 800_000}
    response = httpx.post(f"{server.url}/invocations", json=body, timeout=60)
    assert len(response.content) > 20_000_000
    assert server.stop() == 0
