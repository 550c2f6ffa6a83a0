"""One connection and its requests: Waitress's channel, with refusals in our form and nothing that grows without end.

With `answers`, `connections`, `lanes`, `loop`, `parser` and what that reads with it is all that knows Waitress's inner
classes.
"""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="arg-type, assignment, attr-defined, override, union-attr, operator"

from __future__ import annotations

import socket
import sys
import time
from functools import cached_property
from typing import Any

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.utilities import Error

from server_image.answers import Answer, Crowded, Refusal, RequestTimeout
from server_image.parser import Parser

_LINGER_SECONDS = 5.0
_NOTABLE = 2**18  # bytes of a body between two looks at what all connections hold


class Channel(HTTPChannel):
    """One connection."""

    task_class = Answer
    error_task_class = Refusal
    parser_class = Parser
    refused = False
    lingering_since = 0.0
    reading = False
    """The loop is at this connection, and nothing waits to be sent."""
    at_once = False
    """The request that was just read is."""

    @cached_property
    def surroundings(self) -> dict[str, Any]:
        """The part of a WSGI environment (PEP 3333) that is the same for all requests of the connection."""
        host, port = self.addr[0], str(self.addr[1])
        return {
            "REMOTE_ADDR": host,
            "REMOTE_HOST": host,
            "REMOTE_PORT": port,
            "SERVER_PORT": str(self.server.effective_port),
            "SERVER_NAME": self.server.server_name,
            "SERVER_SOFTWARE": self.adj.ident,
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.adj.url_scheme,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": ReadOnlyFileBasedBuffer,
            "wsgi.input_terminated": True,
            "waitress.client_disconnected": self.check_client_disconnected,
        }

    def idle_seconds(self) -> float:
        """How long nothing has moved here; 0 while a request waits for its answer or an answer for its reader."""
        return 0.0 if self.requests or self.total_outbufs_len else time.time() - self.last_activity

    def answers_at_once(self) -> bool:
        """Whether it is the loop that asks, and nothing waits to be sent here."""
        return self.reading and bool(self.server.in_loop())

    def descriptor(self) -> int:
        """Of the socket; -1 when it is closed."""
        return int(self.socket.fileno())

    def send_continue(self) -> None:
        # Waitress would invite the body of a request that it is about to refuse, and wait for one where none follows.
        if self.request.error is None and not self.request.completed:
            super().send_continue()

    def expire(self, seconds: float) -> None:
        """Refuse a request that has been arriving for longer than this; end a close that lingers."""
        now = time.monotonic()
        if self.lingering_since and now - self.lingering_since > _LINGER_SECONDS:
            super().handle_close()
            return
        with self.requests_lock:
            request = self.request
            if request is not None and not self.requests and now - request.started > seconds:
                self._refuse(RequestTimeout(f"It took longer than {seconds:g} seconds"))

    def handle_close(self) -> None:
        """A refused client may still be sending: closing at once would reset the connection and lose our answer."""
        if self.refused and self.will_close and self.connected and not self.lingering_since:
            self.lingering_since = time.monotonic()
            self.will_close = False
            try:
                self.socket.shutdown(socket.SHUT_WR)
                return
            except OSError:
                pass
        super().handle_close()

    def handle_read(self) -> None:
        if not self.lingering_since:
            self._read()
            return
        try:
            self.recv(65_536)
        except OSError:
            super().handle_close()

    def received(self, data: bytes) -> bool:
        """As Waitress's, in few steps for one request that came in one piece."""
        request = self.parser_class.whole(data, self.adj) if self.request is None else None
        if request is None:
            before, kept = self.held(), super().received(data)
            if self.held() // _NOTABLE > before // _NOTABLE:
                self._refuse_beyond_room()
            return bool(kept)
        with self.requests_lock:
            if self.will_close or self.close_when_flushed:
                return False
            self.sent_continue = False
            self.requests.append(request)
            if len(self.requests) == 1:
                self.server.add_task(self)
        return True

    def held(self) -> int:
        """Bytes of the bodies that it holds."""
        requests = (*self.requests, self.request)
        return sum(len(request.body_rcv or b"") for request in requests if request is not None)

    def _refuse_beyond_room(self) -> None:
        """What came whole is let in: there is less of it than of what still arrives."""
        with self.requests_lock:
            if self.request is not None and (limit := self.server.beyond_room()):
                self._refuse(Crowded(f"More than {limit:,} bytes of requests are here"))

    def _refuse(self, error: Error) -> None:
        """Nothing is read behind it: where a request ends that did not come to its end, nobody knows."""
        request, self.request = self.request, None
        request.error, request.completed, request.body_rcv = error, True, None
        self.requests.append(request)
        if len(self.requests) == 1:
            self.server.add_task(self)

    def _read(self) -> None:
        # The loop must never wait for a reader, as who writes behind a full buffer does.
        self.reading = not self.total_outbufs_len
        super().handle_read()
        self.reading = False
        if self.at_once:
            self.at_once = False
            self.answer()

    def answer(self) -> None:
        """Answer the first request, in the loop; what was sent right behind it goes to a thread."""
        self.service()
        if self.connected:
            self.handle_write()

    def write_soon(self, data: Any) -> int:
        """What the loop itself answers goes out at once, and takes the way through a buffer only if it must wait."""
        size, sent = len(data), 0
        if self.server.in_loop() and self.connected and not self.total_outbufs_len and isinstance(data, bytes):
            try:
                sent = self.send(data, do_close=False)
            except OSError:
                sent = 0  # it is met again by the loop, which knows what to do
        if sent < size:
            super().write_soon(data[sent:] if sent else data)
        return size

    def del_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002 - Waitress's name
        known = self._fileno in self.server.active_channels
        super().del_channel(map)
        if known:
            self.server.metrics.count_connection(closed=True)
