"""A process that sends requests when they are due, whether or not earlier ones are answered; `load` feeds it.

It is a program of its own, on the standard library alone: http.client spends a tenth of the CPU time on a request that
httpx does, and a sender that is slow itself measures nothing but itself. Its connections are open before the clock
starts and stay open between jobs. It ends when its standard input does, at once, also in the middle of a job.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import sys
import threading
import time
from array import array
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from itertools import count
from typing import Any

CONNECTING_AT_ONCE = 16
READY = b"."


@dataclass(frozen=True)
class Request:
    """One POST, ready to be sent."""

    url: str
    """Up to the port."""
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Tunnel:
    """A company's proxy, and what it wants to know."""

    host: str
    port: int
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Job:
    """What one process sends."""

    requests: tuple[Request, ...]
    """In turn; all to the same server."""
    moments: array[float]
    """Seconds from the start at which one is due each."""
    connections: int
    timeout: float
    """Seconds until an answer is given up."""
    slow: float
    """Seconds above which an answer is slow."""
    patience: int
    """After so many that were slow or failed, the rest is not sent."""
    until: float
    """Seconds from the start after which nothing more is sent."""
    tunnel: Tunnel | None = None


@dataclass
class Outcome:
    """What came of a job. Latencies are in seconds from when a request was due."""

    latencies: array[float] = field(default_factory=lambda: array("d"))
    errors: Counter[str] = field(default_factory=Counter)
    lags: array[float] = field(default_factory=lambda: array("d"))
    """How late a request was sent for which a connection was free: the process was late itself."""
    seconds: float = 0.0
    busy: float = 0.0
    """Share of a CPU that the process used."""


class Sender:
    """The connections of this process, and the job it is at."""

    def __init__(self) -> None:
        self._connections: list[HTTPConnection] = []
        self._to: tuple[Any, ...] = ()

    def prepare(self, job: Job) -> None:
        """Open what is missing; what cannot be opened will be told when a request needs it."""
        to = (job.requests[0].url, job.timeout, job.tunnel)
        if to != self._to:
            for each in self._connections:
                each.close()
            self._connections, self._to = [], to
        more = [_connection(job) for _ in range(job.connections - len(self._connections))]
        with ThreadPoolExecutor(CONNECTING_AT_ONCE) as pool:
            list(pool.map(_connected, more))
        self._connections += more

    def run(self, job: Job, begin: float) -> Outcome:
        """Send all of it, from `begin` on, which is a moment of time.monotonic()."""
        work = _Work(job, begin)
        threads = [
            threading.Thread(target=work.serve, args=(each,), daemon=True)
            for each in self._connections[: job.connections]
        ]
        used = time.process_time()
        for each in threads:
            each.start()
        for each in threads:
            while each.is_alive():
                each.join(0.1)
                if select.select([sys.stdin], [], [], 0)[0]:  # nothing is sent meanwhile: whoever feeds us has gone
                    os._exit(0)
        work.outcome.seconds = max(time.monotonic() - begin, 1e-6)
        work.outcome.busy = (time.process_time() - used) / work.outcome.seconds
        return work.outcome


class _Work:
    """A job while its threads share it."""

    def __init__(self, job: Job, begin: float) -> None:
        self._job, self._begin = job, begin
        self._numbers = count()
        self._lock = threading.Lock()
        self._bad = 0
        self._hopeless = threading.Event()
        self.outcome = Outcome()

    def serve(self, connection: HTTPConnection) -> None:
        """Take what is due next, wait for its moment, send it, until nothing is left."""
        job, lags = self._job, self.outcome.lags
        while time.monotonic() < self._begin + job.until and (number := next(self._numbers)) < len(job.moments):
            due = self._begin + job.moments[number]
            early = due - time.monotonic()
            if self._hopeless.wait(max(0.0, early)):
                return
            if early > 0:
                lags.append(time.monotonic() - due)
            failure = _ask(connection, job.requests[number % len(job.requests)])
            self._note(time.monotonic() - due, failure)

    def _note(self, took: float, failure: str) -> None:
        with self._lock:
            self._bad += bool(failure) or took > self._job.slow
            if self._bad >= self._job.patience:
                self._hopeless.set()
            if failure:
                self.outcome.errors[failure] += 1
            else:
                self.outcome.latencies.append(took)


def _ask(connection: HTTPConnection, request: Request) -> str:
    """Empty for a proper answer, else the kind of failure."""
    reused = connection.sock is not None
    try:
        connection.request("POST", request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        body = answer.read()
    except TimeoutError:
        connection.close()
        return "timeout"
    except (OSError, HTTPException) as error:
        connection.close()
        # A server may close a connection that was idle at the very moment at which it is used again.
        if reused and isinstance(error, (ConnectionError, HTTPException)):
            return _ask(connection, request)
        return "connection"
    return "" if answer.status == 200 else _failure(answer, body)


def _failure(answer: HTTPResponse, body: bytes) -> str:
    """AWS says that it throttles by a status, or in words with status 400 or 503."""
    said = answer.headers.get("x-amzn-errortype", "") + body[:500].decode(errors="replace")
    return "throttled" if answer.status == 429 or "Throttl" in said else f"http {answer.status}"


def _connection(job: Job) -> HTTPConnection:
    scheme, _, place = job.requests[0].url.partition("://")
    options: dict[str, Any] = {"timeout": job.timeout}
    if scheme == "https":
        options["context"] = trust()
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    if job.tunnel is None:
        return kind(place, **options)
    connection = kind(job.tunnel.host, job.tunnel.port, **options)
    connection.set_tunnel(place, headers=dict(job.tunnel.headers))
    return connection


def _connected(connection: HTTPConnection) -> None:
    try:
        connection.connect()
    except (OSError, HTTPException):
        connection.close()


def trust() -> Any:
    """Whom to trust: a company's own authority where one is named, as everywhere else."""
    import ssl

    import certifi

    named = (os.environ.get(each) for each in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"))
    return ssl.create_default_context(cafile=next(filter(None, named), certifi.where()))


def main() -> None:
    """Read a job, say when it can begin, read when it begins, write what came of it; and again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    fed, told = sys.stdin.buffer, sys.stdout.buffer
    sender = Sender()
    while True:
        try:
            job: Job = pickle.load(fed)  # noqa: S301 - from the process that started this one
            sender.prepare(job)
            told.write(READY)
            told.flush()
            begin: float = pickle.load(fed)  # noqa: S301
        except EOFError:
            return
        pickle.dump(sender.run(job, begin), told)
        told.flush()
        gc.collect()
