"""One connection and its requests: Waitress's channel, with refusals in our form and nothing that grows without end.

The only module that reaches into Waitress's inner classes beside `connections`.
"""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="arg-type, assignment, attr-defined, override, union-attr, operator"

from __future__ import annotations

import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, Task, WSGITask
from waitress.utilities import Error, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from server_image import framing, problems
from server_image.logs import log

_LINGER_SECONDS = 5.0


class RequestTimeout(Error):
    """The request did not arrive whole in time."""

    code = 408
    reason = "Request Timeout"


class Parser(HTTPRequestParser):
    """Knows when its request began, and leaves no doubt where it ends."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.started = time.monotonic()
        self.command = ""

    def parse_header(self, header_plus: bytes) -> None:
        # Known even where the rest cannot be read, for HEAD is refused without a body.
        self.command = header_plus.split(b" ", 1)[0].decode("latin-1")
        if reason := framing.doubt(header_plus):
            raise ParsingError(reason)
        try:
            super().parse_header(header_plus)
        except ValueError:  # of the standard library: an address or a number that it cannot read
            raise ParsingError("The head of the request cannot be read") from None
        # Waitress takes Transfer-Encoding out of the headers where it heeds it.
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            # A proxy in front may see another end than we do, and take the rest for the next request.
            raise ParsingError("The length of the body is told in two ways")
        if self.chunked:
            self.body_rcv = framing.Chunks(self.body_rcv.getbuf())


class _Measured(Task):
    """What both kinds of answers share: they are counted, and they end the connection while the server drains."""

    def service(self) -> None:
        server, path = self.channel.server, getattr(self.request, "path", "")
        if server.draining:
            self.end_connection()
        with server.at_work(path):
            super().service()
        code, seconds = self.status[:3], time.monotonic() - self.request.queued
        server.metrics.count_request(path, code, seconds)
        log(
            "debug",
            "request",
            method=self.request.command[:20],
            path=path[:200],
            status=code,
            seconds=round(seconds, 6),
        )

    def end_connection(self) -> None:
        """Close after this answer, and do not promise Keep-Alive all the same to HTTP/1.0, as Waitress would."""
        self.request.headers["CONNECTION"] = "close"
        self.set_close_on_finish()


class Answer(_Measured, WSGITask):
    """An answer of the application."""


_KINDS = {
    RequestEntityTooLarge: ("body", "The request is too large"),
    RequestHeaderFieldsTooLarge: ("headers", "The request's headers are too large"),
    RequestTimeout: ("slow", "The request did not arrive in time"),
}


class Refusal(_Measured, ErrorTask):
    """An answer to what is no proper HTTP request, in the form of all our refusals."""

    def execute(self) -> None:
        error = self.request.error
        kind, title = _KINDS.get(type(error), ("http", "This is not a proper HTTP request"))
        # A coding that Waitress does not know is its 501, yet it is the request that is wrong.
        code, reason = (400, "Bad Request") if error.code == 501 else (error.code, error.reason)
        body = problems.render(code, kind, title, f"{error.body}.")
        self.status = f"{code} {reason}"
        self.response_headers.append(("Content-Type", problems.MEDIA_TYPE))
        self.end_connection()
        self.content_length = len(body)
        self.channel.refused = True
        self.write(b"" if self.request.command == "HEAD" else body)
        problems.report(code, kind, self.request.command, getattr(self.request, "path", ""))


class Channel(HTTPChannel):
    """One connection."""

    task_class = Answer
    error_task_class = Refusal
    parser_class = Parser
    refused = False
    lingering_since = 0.0
    reading = False
    """The loop is at this connection, and nothing waits to be sent: a request may be answered at once."""
    at_once = False
    """The request that was just read is."""

    def idle_seconds(self) -> float:
        """How long nothing has moved here; 0 while a request waits for its answer or an answer for its reader."""
        return 0.0 if self.requests or self.total_outbufs_len else time.time() - self.last_activity

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
                request.error = RequestTimeout(f"It took longer than {seconds:g} seconds")
                request.completed, self.request = True, None
                self.requests.append(request)
                self.server.add_task(self)

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

    def _read(self) -> None:
        # The loop must never wait for a reader, as who writes behind a full buffer does.
        self.reading = not self.total_outbufs_len
        super().handle_read()
        self.reading = False
        if self.at_once:
            self.at_once = False
            self.service()  # requests that were sent right behind it go to a thread
            if self.connected:
                self.handle_write()

    def del_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002 - Waitress's name
        known = self._fileno in self.server.active_channels
        super().del_channel(map)
        if known:
            self.server.metrics.count_connection(closed=True)
