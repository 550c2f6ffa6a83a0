"""The listening socket, and who gets the connections that arrive at it: the process that holds the fewest.

Processes that share one listening socket, or that have one each with SO_REUSEPORT, now and then leave every connection
with one of them. Here the parent accepts and passes each connection on through a Unix socket.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from server_image.logs import Limited

CONNECTIONS_EACH = 500
_AT_ONCE = 64  # accepted in a row before the parent looks after its processes again
_BACKLOG = 1024
_PAUSE_SECONDS = 0.1
_log = Limited()


class Taker(Protocol):
    """A process that takes connections through `feed`."""

    feed: socket.socket
    handed: int

    def load(self) -> tuple[bool, int]:
        """Whether it is at a long request, and how many connections it holds."""


class Acceptor:
    """Accepts from `listener` (bound, not yet listening) and hands over; what nobody can take now waits."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self._waiting: deque[socket.socket] = deque()
        self._pause_until = 0.0

    def listen(self) -> None:
        """From now on connections arrive. Raises OSError if the port has been taken meanwhile."""
        self.listener.setblocking(False)
        self.listener.listen(_BACKLOG)

    def wants_more(self, takers: Sequence[Taker]) -> bool:
        """Whether it makes sense to accept now; what is not accepted waits in the system's queue."""
        room = any(taker.load()[1] < CONNECTIONS_EACH for taker in takers)
        return room and not self._waiting and time.monotonic() >= self._pause_until

    def accept(self, takers: Sequence[Taker]) -> None:
        """Accept and hand over what has arrived, a few dozen at most."""
        for _ in range(_AT_ONCE):
            connection = self._next()
            if connection is None:
                return
            if not _hand(connection, takers):
                self._waiting.append(connection)
                return

    def hand_waiting(self, takers: Sequence[Taker]) -> None:
        """Try again with what nobody could take."""
        while self._waiting and _hand(self._waiting[0], takers):
            self._waiting.popleft()

    def finish(self, takers: Sequence[Taker]) -> None:
        """Hand over everything that has arrived and stop listening."""
        self.hand_waiting(takers)
        while (connection := self._next()) is not None:
            if not _hand(connection, takers):
                connection.close()
        self.close()

    def close(self) -> None:
        """Let go of all sockets here: a forked process must not hold them."""
        self.listener.close()
        for connection in self._waiting:
            connection.close()

    def _next(self) -> socket.socket | None:
        try:
            connection, _address = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return None
        except OSError as error:  # out of descriptors or memory, which passes
            _log("error", "cannot_accept", reason=error.strerror)
            self._pause_until = time.monotonic() + _PAUSE_SECONDS
            return None
        return connection


def _hand(connection: socket.socket, takers: Sequence[Taker]) -> bool:
    for taker in sorted(takers, key=lambda taker: taker.load()):
        try:
            socket.send_fds(taker.feed, [b"\1"], [connection.fileno()])
        except OSError:  # its feed is full, or it is just dying
            continue
        taker.handed += 1
        connection.close()
        return True
    return False
