"""Processes that run the code of one version of a Lambda function; kept warm, one call at a time each."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RUNTIME = Path(__file__).with_name("runtime.py")


class FunctionError(Exception):
    """The function failed: what Lambda answers in place of a result."""

    def __init__(self, **members: Any) -> None:
        super().__init__(str(members.get("errorMessage", "")))
        self.members = members


@dataclass(frozen=True)
class Recipe:
    """Everything that a worker is made of; a worker serves calls with an equal recipe only."""

    arn: str
    code: Path
    libraries: Path
    environment: Mapping[str, str]
    timeout: float
    role: str
    """Whose right it is to write what the function prints."""


class Worker:
    """One process. `log` gets every line that it writes."""

    def __init__(self, recipe: Recipe, log: Callable[[str], None]) -> None:
        self._recipe = recipe
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        # -I -S: as in Lambda, nothing but the standard library, boto3 and what the function's own zip holds.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", "-u", str(_RUNTIME), str(recipe.code), str(recipe.libraries), str(writing)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(recipe.environment),
            pass_fds=(writing,), text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        os.close(writing)
        self._answers = os.fdopen(reading, encoding="utf-8")
        threading.Thread(target=self._pump, args=(log,), daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether it can take a call."""
        return self._process.poll() is None

    def call(self, event: Any, timeout: float) -> Any:
        """The function's result. Raises FunctionError; after a time-out or a crash the worker is gone."""
        request, deadline = str(uuid.uuid4()), time.time() + timeout
        self._send({"event": event, "id": request, "arn": self._recipe.arn, "deadline": deadline})
        ready, _, _ = select.select([self._answers], [], [], timeout)
        line = self._answers.readline() if ready else ""
        if line:
            said = json.loads(line)
            if "error" in said:
                raise FunctionError(**said["error"])
            return said["result"]
        self.stop()
        if not ready:
            raise FunctionError(
                errorMessage=f"{request} Task timed out after {timeout:.2f} seconds", errorType="Sandbox.Timedout"
            )
        raise FunctionError(
            errorMessage=f"RequestId: {request} Error: Runtime exited", errorType="Runtime.ExitError"
        )  # fmt: skip

    def stop(self) -> None:
        """End the process and wait for it."""
        self._process.kill()
        self._process.wait()
        self._answers.close()

    def _send(self, call: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101
        try:
            self._process.stdin.write(json.dumps(call) + "\n")
            self._process.stdin.flush()
        except OSError:  # it has ended; the answer that does not come says so
            return

    def _pump(self, log: Callable[[str], None]) -> None:
        assert self._process.stdout is not None  # noqa: S101
        for line in self._process.stdout:
            log(line.rstrip("\n"))


class Pool:
    """Workers by recipe. Another recipe of the same function ends those of the old one when they are idle."""

    LIMIT = 8
    """Calls of one function at once; more wait."""

    def __init__(self, log: Callable[[Recipe, str], None]) -> None:
        self._log = log
        self._idle: dict[str, list[tuple[Recipe, Worker]]] = {}
        self._busy: set[Worker] = set()
        self._slots: dict[str, threading.Semaphore] = {}
        self._lock = threading.Lock()

    def call(self, recipe: Recipe, event: Any) -> Any:
        """Run `event` in a warm worker, or a new one. Raises FunctionError."""
        with self._lock:
            slot = self._slots.setdefault(recipe.arn, threading.Semaphore(self.LIMIT))
        with slot:
            worker = self._take(recipe)
            try:
                return worker.call(event, recipe.timeout)
            finally:
                self._give_back(recipe, worker)

    def close(self) -> None:
        """End every worker."""
        with self._lock:
            workers = [worker for pairs in self._idle.values() for _, worker in pairs] + list(self._busy)
            self._idle.clear()
        for worker in workers:
            worker.stop()

    def _take(self, recipe: Recipe) -> Worker:
        with self._lock:
            pairs = self._idle.pop(recipe.arn, [])
            fits = [pair for pair in pairs if pair[0] == recipe and pair[1].is_alive]
            chosen = fits.pop()[1] if fits else None
            self._idle[recipe.arn] = fits
        kept = {worker for _, worker in fits} | {chosen}
        for _, worker in pairs:
            if worker not in kept:
                worker.stop()
        worker = chosen or Worker(recipe, lambda line: self._log(recipe, line))
        self._busy.add(worker)
        return worker

    def _give_back(self, recipe: Recipe, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if worker.is_alive:
                self._idle.setdefault(recipe.arn, []).append((recipe, worker))
