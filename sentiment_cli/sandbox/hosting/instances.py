"""Keeps one model server running: one that ends is replaced by a new one, as SageMaker replaces an instance."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread

from sentiment_cli.errors import SentimentError
from sentiment_cli.sandbox.hosting.servers import Host, Job, Server

STARTS = 3  # of a server that ends before it was ever healthy
PAUSE_SECONDS = 1.0  # before a server that ended is replaced
PING_SECONDS = 2.0
LOOK_SECONDS = 5.0  # between two pings of a server that was healthy
PATIENCE = 3  # pings without an answer, after which it is replaced

Log = Callable[[str, str], None]
"""Takes the name of an instance and a line that its server wrote."""


class Instance:
    """A server that is kept running until it is stopped. It stands for all instances of a variant."""

    def __init__(self, host: Host, job: Job, log: Log) -> None:
        self.name = _name()
        self.trouble: SentimentError | None = None
        """Why a server could not even be started."""
        self.given_up = Event()
        self._host = host
        self._job = job
        self._log = log
        self._server: Server | None = None
        self._was_healthy = False  # any server of it
        self._answers = False  # the present server, since it first did
        self._stopping = Event()
        self._lock = Lock()
        self._threads = [Thread(target=each, name="instance", daemon=True) for each in (self._keep, self._watch)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def url(self) -> str | None:
        """Where its server listens; None while there is none."""
        server = self._server
        with suppress(SentimentError):
            return server.url() if server else None
        return None

    def is_healthy(self) -> bool:
        """Whether the server answers /ping with 200 in time."""
        import httpx

        url = self.url()
        if url is None:
            return False
        try:
            answered = httpx.get(f"{url}/ping", timeout=PING_SECONDS, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False
        if answered:
            self._was_healthy = self._answers = True
        return answered

    def stop(self) -> None:
        """Returns when the server has ended and its last line is logged."""
        self._stopping.set()
        self._end_server()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _keep(self) -> None:
        starts = 0
        while not self._stopping.is_set() and (self._was_healthy or starts < STARTS):
            starts += 1
            try:
                self._run()
            except SentimentError as error:
                self.trouble = error
                if not self._was_healthy:
                    break
            self._stopping.wait(PAUSE_SECONDS)
        self.given_up.set()

    def _watch(self) -> None:
        """End a server that was healthy and no longer answers; then it is replaced."""
        silent = 0
        while not self._stopping.wait(LOOK_SECONDS):
            if not self._answers or self.is_healthy():
                silent = 0
                continue
            silent += 1
            if silent >= PATIENCE:
                self._end_server()

    def _end_server(self) -> None:
        with self._lock:
            if self._server is not None:
                with suppress(SentimentError):
                    self._server.stop()

    def _run(self) -> None:
        server = self._host.start(self._job)
        with self._lock:
            self._server, self._answers = server, False
        if self._stopping.is_set():
            server.stop()
        try:
            for line in server.lines():
                self._log(self.name, line)
        finally:
            with self._lock:
                self._server, self._answers = None, False
            server.discard()
            self.name = _name()


def _name() -> str:
    return f"i-{secrets.token_hex(9)[:17]}"
