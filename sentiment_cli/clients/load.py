"""Sends load over HTTP from processes of its own, and brings together what they measured."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sentiment_cli.clients.sender import READY, Job, Outcome, Request, Tunnel
from sentiment_cli.clients.transport import proxy_to
from sentiment_cli.errors import SentimentError

MOST = 4  # processes; each sends some thousands of requests a second
HEAD_START = 0.05  # seconds from the order to begin until the first moment


def processes(*, here: bool) -> int:
    """How many processes should send: one a CPU, or one in two where the server needs them as well (`here`)."""
    return min(MOST, max(1, (os.cpu_count() or 1) // (2 if here else 1)))


class Senders:
    """`count` processes. Use as a context manager: none of them outlives it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Senders:
        # -P: a file called http.py in the user's folder must not be taken for Python's own.
        command = [sys.executable, "-P", "-c", "from sentiment_cli.clients.sender import main; main()"]
        self._processes = [
            # In a session of its own: Ctrl-C is ours to hear.
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603
            for _ in range(self.count)
        ]
        return self

    def __exit__(self, *error: object) -> None:
        for each in self._processes:
            each.kill()
        for each in self._processes:
            each.communicate()

    def send(
        self,
        requests: Sequence[Request],
        moments: Sequence[float],
        *,
        connections: int,
        timeout: float,
        slow: float,
        patience: int,
        until: float,
    ) -> Outcome:
        """Send one of `requests` at each of `moments`, over up to `connections`; see `Job` for the rest.

        Raises SentimentError if a process ends meanwhile.
        """
        each = max(1, -(-connections // self.count))
        whole = Job(tuple(requests), array("d"), each, timeout, slow, patience, until, _tunnel(requests[0].url))
        for number, process in enumerate(self._processes):
            _put(process, replace(whole, moments=array("d", moments[number :: self.count])))
        for process in self._processes:
            if _of(process).stdout.read(len(READY)) != READY:
                raise _gone()
        begin = time.monotonic() + HEAD_START
        for process in self._processes:
            _put(process, begin)
        return _together([_took(process) for process in self._processes])


def _of(process: subprocess.Popen[bytes]) -> Any:
    """The same, whose pipes are known to be there."""
    return process


def _put(process: subprocess.Popen[bytes], value: object) -> None:
    try:
        pickle.dump(value, _of(process).stdin)
        _of(process).stdin.flush()
    except BrokenPipeError:
        raise _gone() from None


def _took(process: subprocess.Popen[bytes]) -> Outcome:
    try:
        outcome: Outcome = pickle.load(_of(process).stdout)  # noqa: S301 - from a process of our own
    except EOFError:
        raise _gone() from None
    return outcome


def _gone() -> SentimentError:
    return SentimentError(
        "A process that sent requests ended.", "It was killed, or this machine has too little memory.",
        "Try again, with a lower --max-requests.", code="sender-gone",
    )  # fmt: skip


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    whole = Outcome()
    for each in outcomes:
        whole.latencies += each.latencies
        whole.errors += each.errors
        whole.lags += each.lags
        whole.seconds = max(whole.seconds, each.seconds)
        whole.busy = max(whole.busy, each.busy)
    return whole


def _tunnel(url: str) -> Tunnel | None:
    """Through a company's proxy on the way to `url`; a server on this machine has none, nor one without TLS."""
    from urllib3.util import parse_url

    proxy = proxy_to(url) if url.startswith("https:") else None
    parts = parse_url(proxy.url if proxy else "")
    if proxy is None or parts.scheme not in ("http", "https"):  # SOCKS is none that is spoken here
        return None
    return Tunnel((parts.host or "").strip("[]"), parts.port or 80, proxy.headers)
