"""A worker ends with whoever started it, whatever its function does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sentiment_cli.sandbox.gateway.workers import FunctionError, Pool, Recipe

CODE = """
import os, time
def app(event, context):
    if event.get("sleep"): time.sleep(event["sleep"])
    return {"pid": os.getpid(), "remaining": context.get_remaining_time_in_millis()}
"""
ENVIRONMENT = {
    "_HANDLER": "app.app", "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
}  # fmt: skip


class Hashable(dict[str, str]):
    def __hash__(self) -> int:  # type: ignore[override]
        return 0


def recipe(folder: Path, timeout: float = 10.0) -> Recipe:
    (folder / "app.py").write_text(CODE)
    return Recipe("arn:f", folder, folder, Hashable(ENVIRONMENT), timeout, "")


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(") ")[1][:1]
    except OSError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def test_calls_at_once_have_workers_of_their_own(folder: Path) -> None:
    pool, pids = Pool(lambda _recipe, _line: None), set()

    def call() -> None:
        pids.add(pool.call(recipe(folder), {"sleep": 0.5})["pid"])

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 3
    pool.close()
    assert all(gone(pid) for pid in pids)


def test_what_takes_too_long_is_ended(folder: Path) -> None:
    pool = Pool(lambda _recipe, _line: None)
    pid = pool.call(recipe(folder, 1.0), {})["pid"]
    with pytest.raises(FunctionError, match="timed out"):
        pool.call(recipe(folder, 1.0), {"sleep": 30})
    assert gone(pid)
    assert pool.call(recipe(folder, 1.0), {})["pid"] != pid
    pool.close()


@pytest.mark.parametrize("busy", [False, True])
def test_it_dies_with_a_killed_sandbox(folder: Path, busy: bool) -> None:
    made = recipe(folder)
    program = f"""
import sys, threading, time
from pathlib import Path
from tests.sandbox.gateway.test_workers import Pool, recipe
pool = Pool(lambda *_: None)
print(pool.call(recipe(Path({str(folder)!r})), {{}})["pid"], flush=True)
if {busy}: threading.Thread(target=pool.call, args=(recipe(Path({str(folder)!r})), {{"sleep": 60}})).start()
time.sleep(60)
"""
    assert made.code == folder
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(json.loads(owner.stdout.readline()))
        time.sleep(0.3 if busy else 0)
        os.kill(owner.pid, signal.SIGKILL)
        assert gone(pid)
