"""HTTP as it lies on the wire: a connection that sends any bytes and takes answers apart without forgiving anything."""

from __future__ import annotations

import json
import re
import select
import socket
from dataclasses import dataclass
from types import TracebackType

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) [A-Za-z ]+")
_FIELD = re.compile(rb"([A-Za-z-]+): ([\x20-\x7e]*)")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """One answer: well-formed, or it would not be here."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.fields.get("connection", "").lower() == "close"

    @property
    def media_type(self) -> str:
        return self.fields.get("content-type", "").split(";")[0]


class Connection:
    """A connection to a server on loopback, for one or more requests."""

    def __init__(self, port: int, seconds: float = 5.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._socket.close()

    def send(self, *pieces: bytes) -> None:
        """Each piece leaves by itself; what the server no longer wants to hear is lost, as it is for any client."""
        try:
            for piece in pieces:
                self._socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return

    def end(self, after: float = 0.0) -> None:
        """Nothing follows from this side. Waits so many seconds before that for an answer to begin."""
        select.select([self._socket], [], [], after)
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def answer(self, *, head: bool = False) -> Answer | None:
        """The next answer, or None where the connection ends without one; `head` says that HEAD was asked.

        Anything that is neither fails the test, TimeoutError included.
        """
        if not self._gather(lambda: b"\r\n\r\n" in self._rest):
            assert not self._rest, f"half an answer: {self._rest[:500]!r}"
            return None
        top, _, self._rest = self._rest.partition(b"\r\n\r\n")
        if top == _CONTINUE[:-4]:
            return self.answer(head=head)
        status, fields = _parse(top)
        length = 0 if head else int(fields["content-length"])
        assert self._gather(lambda: len(self._rest) >= length), f"half a body: {top!r} {self._rest[:500]!r}"
        body, self._rest = self._rest[:length], self._rest[length:]
        found = Answer(status, fields, body)
        _check(found, head=head)
        return found

    def ends(self) -> bool:
        """Whether the connection ends here, without another byte."""
        return not self._gather(lambda: bool(self._rest))

    def _gather(self, enough: object) -> bool:
        assert callable(enough)
        while not enough():
            try:
                piece = self._socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return False
            self._rest += piece
        return True


def _parse(top: bytes) -> tuple[int, dict[str, str]]:
    line, *lines = top.split(b"\r\n")
    status = _STATUS_LINE.fullmatch(line)
    assert status, top
    fields: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        assert field, top
        name = field[1].decode().lower()
        assert name not in fields, top
        fields[name] = field[2].decode()
    assert {"content-length", "date"} <= set(fields), top
    return int(status[1]), fields


def _check(answer: Answer, *, head: bool) -> None:
    """Every refusal is a problem that says the same as its status line."""
    if answer.status >= 400:
        assert answer.media_type == "application/problem+json", answer
        if not head:
            problem = json.loads(answer.body)
            assert problem["status"] == answer.status
            assert problem["type"].startswith("urn:")
            assert problem["title"]
