"""Where a request ends: the head and the chunks of a body, read so that no proxy can see another end than we do.

Waitress is milder, as RFC 9112 lets it be; what it lets pass and others read in another way is refused here.
"""

from __future__ import annotations

import re
from io import BytesIO

from waitress.buffers import OverflowableBuffer
from waitress.rfc7230 import HEADER_FIELD_RE
from waitress.utilities import BadRequest

LINE_LIMIT = 1024
TRAILER_LIMIT = 65_536
_CODING = re.compile(rb"\r\ntransfer-encoding:([^\r\n]*)", re.IGNORECASE)
_LOOKALIKE = re.compile(rb"\r\n(?:content_length|transfer_encoding)[ \t]*:", re.IGNORECASE)
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_SIZE = re.compile(rb"([0-9a-fA-F]+)(?:;" + _TOKEN + rb"(?:=(?:" + _TOKEN + rb"|" + _QUOTED + rb"))?)*")


def doubt(head: bytes) -> str | None:
    """Why somebody else may see another end of the request with this head than we do, or None."""
    if b"\r\n " in head or b"\r\n\t" in head:
        return "A header goes on in a second line"
    if _LOOKALIKE.search(head):
        return "A header looks like one that tells the length"
    codings = [coding.strip(b" \t").lower() for coding in _CODING.findall(head)]
    if codings and codings != [b"chunked"]:
        return "Of the transfer codings only chunked is read, once"
    return None


class Sized:
    """A body whose length in bytes is known; Waitress's parser feeds it, and takes it when it is complete."""

    error = None

    def __init__(self, length: int) -> None:
        self.completed = False
        self._length = self._left = length
        self._body = BytesIO()

    def __len__(self) -> int:
        return self._length - self._left

    def received(self, data: bytes) -> int:
        """Bytes of `data` that are part of the body."""
        taken = self._body.write(data[: self._left])
        self._left -= taken
        self.completed = not self._left
        return taken

    def content(self) -> bytes:
        """What has come of it."""
        return self._body.getvalue()

    def getbuf(self) -> BytesIO:
        """Waitress's name."""
        return self._body

    def getfile(self) -> BytesIO:
        """Waitress's name: the body from its beginning."""
        self._body.seek(0)
        return self._body


class Whole:
    """A body that came in one piece."""

    completed, error = True, None

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __len__(self) -> int:
        return len(self._body)

    def content(self) -> bytes:
        """All of it."""
        return self._body

    def getfile(self) -> BytesIO:
        """Waitress's name: the body from its beginning."""
        return BytesIO(self._body)

    def getbuf(self) -> Whole:
        """Waitress's name: what is to be closed."""
        return self

    def close(self) -> None:
        """Let go of it."""
        self._body = b""


class Chunks:
    """A body in chunks; Waitress's parser feeds it, and takes the body from it when it is complete."""

    def __init__(self, buffer: OverflowableBuffer) -> None:
        self.completed = False
        self.error: BadRequest | None = None
        self._buffer = buffer
        self._line = b""
        self._left = 0  # bytes of this chunk that have not come yet
        self._next = self._size
        self._trailer = 0

    def __len__(self) -> int:
        return len(self._buffer)

    def content(self) -> bytes:
        """What has come of it."""
        return bytes(self._buffer.get())

    def getbuf(self) -> OverflowableBuffer:
        """Waitress's name."""
        return self._buffer

    def getfile(self) -> object:
        """Waitress's name."""
        return self._buffer.getfile()

    def received(self, data: bytes) -> int:
        """Bytes of `data` that are part of the body: all of them once `error` says that there is no telling."""
        rest = data
        while rest and not self.completed and self.error is None:
            rest = self._content(rest) if self._left else self._control(rest)
        return len(data) - (0 if self.error else len(rest))

    def _content(self, data: bytes) -> bytes:
        piece = data[: self._left]
        self._buffer.append(piece)
        self._left -= len(piece)
        return data[len(piece) :]

    def _control(self, data: bytes) -> bytes:
        """Gather a line; each ends with CR LF, and neither of the two stands elsewhere in it."""
        piece, end, rest = data.partition(b"\n")
        self._line += piece + end
        if len(self._line) > LINE_LIMIT:
            self.error = BadRequest("A chunk's header or a line of the trailer is too long")
        elif end:
            line, self._line = self._line, b""
            if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
                self.error = BadRequest("A line of the body's framing does not end with CR LF")
            else:
                self._next(line[:-2])
        return rest

    def _size(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            self.error = BadRequest("A chunk does not begin with its size")
            return
        self._left = int(found[1], 16)
        self._next = self._end if self._left else self._field

    def _end(self, line: bytes) -> None:
        self._next = self._size
        if line:
            self.error = BadRequest("A chunk is longer than it says")

    def _field(self, line: bytes) -> None:
        self._trailer += len(line)
        if not line:
            self.completed = True
        elif self._trailer > TRAILER_LIMIT or not HEADER_FIELD_RE.fullmatch(line):  # type: ignore[call-overload]
            self.error = BadRequest("The trailer is too long, or holds what is no header")
