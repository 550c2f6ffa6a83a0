"""Clients that ask without a pause, each on one connection after the other, and write down what became of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass

from running_server import RunningServer
from wire import Connection

BODY = b'{"input":[{"text": "love"}]}'
REQUEST = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CLOSING = REQUEST.replace(b"Host: x", b"Host: x\r\nConnection: close")


@dataclass(frozen=True)
class Try:
    """A request: when it was sent and settled, and whether it was `answered`, `lost`, or no connection was to be had
    (`refused`). `first` of its connection: perhaps the server had not accepted that yet."""

    sent: float
    settled: float
    outcome: str
    first: bool = True


class Load:
    """So many clients, until told to stop; those of `hasty` take a new connection for each request."""

    def __init__(self, server: RunningServer, patient: int, hasty: int = 0) -> None:
        self._port, self._over = server.port, threading.Event()
        self._tries: list[list[Try]] = [[] for _ in range(patient + hasty)]
        requests = [REQUEST] * patient + [CLOSING] * hasty
        self._threads = [
            threading.Thread(target=self._ask, args=pair) for pair in zip(requests, self._tries, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Try]:
        """Every request of every client."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        return [one for client in self._tries for one in client]

    def _ask(self, request: bytes, tries: list[Try]) -> None:
        while not self._over.is_set():
            try:
                connection = Connection(self._port)
            except OSError:
                tries.append(Try(time.monotonic(), time.monotonic(), "refused"))
                time.sleep(0.01)
                continue
            with connection:
                self._ask_on(connection, request, tries)

    def _ask_on(self, connection: Connection, request: bytes, tries: list[Try]) -> None:
        first = True
        while not self._over.is_set():
            sent = time.monotonic()
            connection.send(request)
            answer = connection.answer()
            good = answer is not None and answer.status == 200 and b'"Positive"' in answer.body
            tries.append(Try(sent, time.monotonic(), "answered" if good else "lost", first))
            first = False
            if answer is None or answer.closes:
                return


def outcomes(tries: list[Try]) -> Counter[str]:
    return Counter(one.outcome for one in tries)


def throughput(tries: list[Try], start: float, seconds: float, width: float = 0.1) -> list[int]:
    """Answers in each `width` seconds from `start` on."""
    bins = [0] * round(seconds / width)
    for one in tries:
        place = int((one.settled - start) // width)
        if one.outcome == "answered" and 0 <= place < len(bins):
            bins[place] += 1
    return bins
