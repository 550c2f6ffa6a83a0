"""One answer: Waitress's tasks, which here are counted, refuse in our form, and take few steps for the usual answer."""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="arg-type, assignment, attr-defined, override, union-attr, operator"

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from waitress.task import ErrorTask, Task, WSGITask
from waitress.utilities import (
    Error,
    InternalServerError,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
    build_http_date,
)

from server_image import heads, logs, problems

_OK = "200 OK"


class RequestTimeout(Error):
    """The request did not arrive whole in time."""

    code = 408
    reason = "Request Timeout"


class Crowded(Error):
    """There is no room for it beside all that arrives or waits here."""

    code = 503
    reason = "Service Unavailable"


class _Measured(Task):
    """What both kinds of answers share: they are counted, and they end the connection while the server drains."""

    def service(self) -> None:
        server, address = self.channel.server, self.request.address
        if server.draining:
            self.end_connection()
        began = server.begin_work(address)
        try:
            super().service()
        finally:
            server.end_work(began)
        code, seconds = self.status[:3], time.monotonic() - self.request.queued
        server.metrics.count_request(address, code, seconds)
        if logs.wants("debug"):
            fields = {
                "method": self.request.command[:20],
                "path": getattr(self.request, "path", "")[:200],
                "status": code,
            }
            logs.log("debug", "request", **fields, seconds=round(seconds, 6))

    def end_connection(self) -> None:
        """Close after this answer, and do not promise Keep-Alive all the same to HTTP/1.0, as Waitress would."""
        self.request.headers = {**self.request.headers, "CONNECTION": "close"}
        self.set_close_on_finish()


class Answer(_Measured, WSGITask):
    """An answer of the application."""

    def get_environment(self) -> dict[str, Any]:
        """As Waitress makes it, with what is the same for all requests of a connection made once."""
        if self.environ is None:
            request = self.request
            self.environ = {
                **self.channel.surroundings,
                **(request.variables or heads.variables(request, request.headers)),
                "SERVER_PROTOCOL": f"HTTP/{self.version}",
                "wsgi.input": request.get_body_stream(),
            }
        return self.environ

    def execute(self) -> None:
        """For an application that is Falcon's: what it says of its answer is proper and right."""
        pieces = self.channel.server.application(self.get_environment(), self._start)
        try:
            for piece in pieces:
                if piece:
                    self.write(piece)
            if self.content_length not in (None, self.content_bytes_written) and self.request.command != "HEAD":
                self.set_close_on_finish()  # or its client would take the next answer for the rest of this one
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    @property
    def has_body(self) -> bool:
        return self.status == _OK or bool(super().has_body)

    def write(self, data: bytes) -> None:
        """Head and body in one piece, where this is all of the body."""
        if self.wrote_header or len(data) != self.content_length or not self.has_body:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header, self.content_bytes_written = True, len(data)
        self.channel.write_soon(head + data)

    def build_response_header(self) -> bytes:
        """The same as Waitress's, in fewer steps for an answer after which the connection stays open."""
        stays = self.version == "1.1" and not (self.request.connection_close or self.close_on_finish)
        if not stays or self.content_length is None or not self.has_body:
            return super().build_response_header()
        return _head(self.status, tuple(self.response_headers), int(self.start_time))

    def _start(
        self, status: str, headers: list[tuple[str, str]], _trouble: object = None, /
    ) -> Callable[[bytes], object]:
        """PEP 3333's `start_response`."""
        self.content_length = _length(status, tuple(headers))
        # What `end_connection` has put there comes again: Waitress reads it off the request.
        self.complete, self.status, self.response_headers = True, status, [*headers]
        return self.write


_KINDS: Mapping[type[Error], tuple[str, str]] = {
    RequestEntityTooLarge: ("body", "The request is too large"),
    RequestHeaderFieldsTooLarge: ("headers", "The request's headers are too large"),
    RequestTimeout: ("slow", "The request did not arrive in time"),
    Crowded: ("busy", "There is too much to do at once"),
    InternalServerError: ("internal", "The server failed"),
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
        if code == Crowded.code:
            self.response_headers.append(("Retry-After", "1"))
        self.end_connection()
        self.content_length = len(body)
        self.channel.refused = True
        self.write(b"" if self.request.command == "HEAD" else body)
        problems.report(code, kind, self.request.command, getattr(self.request, "path", ""))


@lru_cache(maxsize=256)
def _length(status: str, headers: Sequence[tuple[str, str]]) -> int | None:
    """Of the body, where it is told. Raises ValueError for a status or header that would be more than one line."""
    if any(end in each for each in (status, *chain.from_iterable(headers)) for end in "\r\n"):
        raise ValueError("a line of an answer's head has an end in it")
    length = dict(headers).get("content-length")
    return None if length is None else int(length)


@lru_cache(maxsize=256)
def _head(status: str, headers: Sequence[tuple[str, str]], second: int) -> bytes:
    said = [("-".join(map(str.capitalize, name.split("-"))), value) for name, value in headers]
    lines = [f"HTTP/1.1 {status}", *map(": ".join, said), f"Date: {build_http_date(second)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
