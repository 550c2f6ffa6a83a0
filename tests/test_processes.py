"""What the operating system is asked about processes, held against processes made here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sentiment_cli import processes

BUSY = "import sys\ndata = bytearray(30_000_000)\nprint('on', flush=True)\nwhile True: data[0] = 1"


def test_a_process_is_itself_and_no_other() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        time.sleep(0.02)
        first = processes.identity(child.pid)
        assert first
        assert first == processes.identity(child.pid)
        assert first != processes.identity(os.getpid())
        child.kill()
        child.stdin = None
        while child.poll() is None:
            time.sleep(0.01)

    assert processes.identity(child.pid) == ""


def test_a_process_that_is_dead_but_not_buried_does_not_live() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert processes.identity(child.pid) == ""
    child.wait()


@pytest.mark.parametrize("proc", [Path("/proc"), Path("/there-is-no-proc-here")], ids=["proc", "ps"])
def test_usage_is_of_the_whole_group(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PROC", proc)
    starts_another = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BUSY!r}])\ninput()"
    with subprocess.Popen([sys.executable, "-c", starts_another], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          start_new_session=True) as child:  # fmt: skip
        assert child.stdout
        child.stdout.readline()
        deadline, spent = time.monotonic() + 20, 0.0
        while spent < 0.3 and time.monotonic() < deadline:
            spent, memory = processes.usage(child.pid)
        os.killpg(child.pid, 9)

    assert spent >= 0.3
    assert memory > 30_000_000


def test_a_descriptor_that_goes_while_they_are_looked_at_does_not_hide_the_holder() -> None:
    """A folder is read through a descriptor too, which takes the lowest free number and is listed in it."""
    lowest = os.open(os.devnull, os.O_RDONLY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        os.close(lowest)
        assert server.fileno() > lowest
        assert f"(process {os.getpid()})" in processes.holder(server.getsockname()[1])


def test_who_holds_a_port_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert f"(process {os.getpid()})" in processes.holder(server.getsockname()[1])
        free = server.getsockname()[1]

    assert processes.holder(free) == ""


@pytest.mark.parametrize(("text", "seconds"), [("0:01.50", 1.5), ("01:02:03", 3723.0), ("2-00:00:01", 172801.0)])
def test_times_of_ps_are_understood(text: str, seconds: float) -> None:
    assert processes._seconds(text) == seconds
