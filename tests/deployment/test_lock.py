"""One command at a time on a stage; the lock ends with its process, and a disk without locks is told of."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.deployment import lock
from sentiment_cli.errors import Refused, SentimentError
from sentiment_cli.events import Event

HOLD = (
    "import sys, time; from pathlib import Path; from sentiment_cli.deployment.lock import held\n"
    "with held(Path(sys.argv[1]), 'dev', 'deploy'): print('held', flush=True); time.sleep(60)"
)


def holder(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_it_and_takes_it_over_after_a_kill(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(Refused) as refused, lock.held(tmp_path, "dev", "teardown", otherwise=lambda _: None):
            pass
        assert (refused.value.code, refused.value.exit_code) == ("stage-locked", 5)
        for told in ("`sentiment-cli deploy`", f"process {process.pid} on {socket.gethostname()}", "since 20"):
            assert told in refused.value.why
        with lock.held(tmp_path, "prod", "deploy"):
            pass  # another stage is another matter
        process.send_signal(signal.SIGKILL)
    with lock.held(tmp_path, "dev", "teardown"):
        assert f'"pid":{os.getpid()}' in (tmp_path / "dev/lock").read_text()


@pytest.mark.parametrize("content", ["", "{", '{"command": "deploy", "pid": 1, "host": "h", "since": "1999"}'])
def test_what_stands_in_the_file_of_a_free_lock_keeps_nobody_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/lock").write_text(content)
    with lock.held(tmp_path, "dev", "deploy"):
        pass
    with lock.held(tmp_path, "dev", "deploy"):
        pass


def test_a_disk_without_locks_stops_a_deployment_and_no_teardown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(SentimentError, match="Cannot lock") as failed, lock.held(tmp_path, "dev", "deploy"):
        pass
    assert (failed.value.code, failed.value.why) == ("cannot-lock", "No locks available.")
    told: list[Event] = []
    with lock.held(tmp_path, "dev", "teardown", otherwise=told.append):
        pass
    assert "No locks available" in str(told)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text("a file where a folder should be")
    with pytest.raises(SentimentError) as failed, lock.held(tmp_path, "dev", "deploy"):
        pass
    assert failed.value.code == "cannot-lock"
