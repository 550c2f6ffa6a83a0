"""How tests see a server that runs in a process of its own."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

# There is no TLS here, and to read all certificates again for each request takes longer than most requests.
PLAIN = {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "trust_env": False}
LEXICON_SERVER = [sys.executable, str(Path(__file__).with_name("lexicon_server.py"))]


@dataclass
class RunningServer:
    """The server's process, and what it has said so far."""

    process: subprocess.Popen[bytes]
    log: Path

    def events(self) -> list[dict[str, Any]]:
        """Every line of the log; a line that is not JSON fails the test."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def event(self, name: str, seconds: float = 5.0) -> dict[str, Any]:
        """The first line of that name, waited for; fails if the process ends before it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            found = [event for event in self.events() if event["event"] == name]
            if found:
                return found[0]
            if ended:
                break
            time.sleep(0.005)
        pytest.fail(f"no {name!r} in the log:\n{self.log.read_text()}")

    @property
    def port(self) -> int:
        return int(self.event("ready")["port"])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        return [int(line) for line in found.stdout.split()]

    def ask(self, *texts: str, timeout: float = 10.0) -> httpx.Response:
        rows = [{"text": text} for text in texts]
        return httpx.post(f"{self.url}/invocations", json={"input": rows}, timeout=timeout, **PLAIN)

    def metric(self, name: str) -> float:
        lines = httpx.get(f"{self.url}/metrics", **PLAIN).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30.0) -> int:
        """The exit status after that signal."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


StartServer = Callable[..., RunningServer]
