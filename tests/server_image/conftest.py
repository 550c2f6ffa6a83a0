"""A real server in a process of its own, on a free port of loopback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import LEXICON_SERVER, RunningServer, StartServer


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts a server with these variables; `ready=False` does not wait for it; none survives the test."""
    started: list[RunningServer] = []

    def start(*, command: list[str] = LEXICON_SERVER, ready: bool = True, **environment: object) -> RunningServer:
        log = tmp_path / f"server-{len(started)}.log"
        variables = {"MODEL_SERVER_HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": "0", "MODEL_SERVER_WORKERS": "2"}
        variables |= {name: str(value) for name, value in environment.items()}
        with log.open("wb") as file:
            process = subprocess.Popen(command, stderr=file, env={**os.environ, **variables})
        started.append(RunningServer(process, log))
        if ready:
            started[-1].event("ready")
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with the default settings, for tests that do not harm it."""
    log = tmp_path_factory.mktemp("lexicon") / "server.log"
    variables = {"MODEL_SERVER_HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": "0", "MODEL_SERVER_WORKERS": "2",
                 "MODEL_SERVER_PLAYGROUND": "1"}  # fmt: skip
    with log.open("wb") as file:
        process = subprocess.Popen(LEXICON_SERVER, stderr=file, env={**os.environ, **variables})
    server = RunningServer(process, log)
    server.event("ready")
    yield server
    process.kill()
    process.wait()
