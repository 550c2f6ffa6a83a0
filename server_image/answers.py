"""One answer: Waitress's tasks, which here are counted, refuse in our form, and take few steps for the usual answer."""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="assignment, attr-defined, override, union-attr, operator"

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from waitress.task import ErrorTask, Task, WSGITask
from waitress.utilities import Error, RequestEntityTooLarge, RequestHeaderFieldsTooLarge, build_http_date

from server_image import logs, problems


class RequestTimeout(Error):
    """The request did not arrive whole in time."""

    code = 408
    reason = "Request Timeout"


class _Measured(Task):
    """What both kinds of answers share: they are counted, and they end the connection while the server drains."""

    def service(self) -> None:
        server, path = self.channel.server, getattr(self.request, "path", "")
        if server.draining:
            self.end_connection()
        began = server.begin_work(path)
        try:
            super().service()
        finally:
            server.end_work(began)
        code, seconds = self.status[:3], time.monotonic() - self.request.queued
        server.metrics.count_request(path, code, seconds)
        if logs.wants("debug"):
            fields = {"method": self.request.command[:20], "path": path[:200], "status": code}
            logs.log("debug", "request", **fields, seconds=round(seconds, 6))

    def end_connection(self) -> None:
        """Close after this answer, and do not promise Keep-Alive all the same to HTTP/1.0, as Waitress would."""
        self.request.headers["CONNECTION"] = "close"
        self.set_close_on_finish()


class Answer(_Measured, WSGITask):
    """An answer of the application."""

    def get_environment(self) -> dict[str, Any]:
        """As Waitress makes it, with what is the same for all requests of a connection made once."""
        if self.environ is None:
            request = self.request
            path = request.path
            self.environ = {
                **self.channel.surroundings,
                "REQUEST_METHOD": request.command,
                "SERVER_PROTOCOL": f"HTTP/{self.version}",
                "PATH_INFO": "/" + path.lstrip("/") if path.startswith("/") else path,
                "REQUEST_URI": request.request_uri,
                "QUERY_STRING": request.query,
                "wsgi.url_scheme": request.url_scheme,
                "wsgi.input": request.get_body_stream(),
            }
            for name, value in request.headers.items():
                self.environ[_variable(name)] = value
        return self.environ

    def write(self, data: bytes) -> None:
        """Head and body in one piece, where this is all of the body."""
        if self.wrote_header or not self.complete or len(data) != self.content_length or not self.has_body:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header, self.content_bytes_written = True, len(data)
        self.channel.write_soon(head + data)

    def build_response_header(self) -> bytes:
        """The same as Waitress's, in fewer steps for an answer after which the connection stays open."""
        headers = dict(self.response_headers)
        if (
            self.version != "1.1"
            or self.request.connection_close
            or "content-length" not in headers
            or self.close_on_finish
            or not self.has_body
        ):
            return super().build_response_header()
        lines = "".join([f"{_capitalised(name)}: {value}\r\n" for name, value in self.response_headers])
        return f"HTTP/1.1 {self.status}\r\n{lines}Date: {_date(int(self.start_time))}\r\n\r\n".encode("latin-1")


_KINDS: Mapping[type[Error], tuple[str, str]] = {
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


def _variable(name: str) -> str:
    """Of a header, in the environment."""
    return name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"


@lru_cache(maxsize=64)
def _capitalised(name: str) -> str:
    return "-".join(map(str.capitalize, name.split("-")))


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return build_http_date(second)
