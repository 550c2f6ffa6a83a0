"""Heads of requests as almost all are, read in few steps; whatever is unusual about one is left to others to judge.

Clients say the same heads over and over, or at least the same lines, so that the meaning of both is remembered for a
while. What is read here is read exactly as Waitress reads it.
"""

# types-waitress has bytes and strings mixed up.
# mypy: disable-error-code="arg-type"

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

from waitress.parser import ParsingError, crack_first_line, split_uri
from waitress.rfc7230 import HEADER_FIELD_RE

# What is remembered is bounded by these: about 2 MB in all, of the longest heads.
_LONGEST = 2_000  # bytes of a head
_LINES = 40
_REMEMBERED = 256  # heads: a client that says nothing else of each request has one for each length of a body
_END = b"\r\n\r\n"
# What tells where a request ends, or what has to be done before its end.
_LEFT_TO_OTHERS = ("TRANSFER_ENCODING", "EXPECT")


class Said(Protocol):
    """Of the first line, what an application hears; the names are those of Waitress's parser."""

    @property
    def command(self) -> str: ...
    @property
    def request_uri(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str: ...


class Start(NamedTuple):
    """What the first line says; the names are those of Waitress's parser."""

    command: str
    request_uri: str
    proxy_scheme: str
    proxy_netloc: str
    path: str
    query: str
    fragment: str


class Head(NamedTuple):
    """The first line, the headers (names in capitals, with _ for -), and the length of the body in bytes.

    Whoever has the same head shares them: nobody may change them.
    """

    start: Start
    headers: Mapping[str, str]
    length: int
    closes: bool
    """The connection is to be closed after the answer."""
    variables: Mapping[str, str]
    address: str


def usual(head: bytes) -> Head | None:
    """What `head` says, which ends with an empty line; None where it is not HTTP/1.1, or not plain in every respect."""
    return _usual(head) if len(head) <= _LONGEST and head.endswith(_END) else None


def whole(data: bytes) -> tuple[Head, bytes] | None:
    """The usual head and the body of the one request that `data` is; None for anything else."""
    end = data.find(_END, 0, _LONGEST) + len(_END)
    head = _usual(data[:end]) if end >= len(_END) else None
    return (head, data[end:]) if head is not None and len(data) == end + head.length else None


def address(path: str) -> str:
    """Of a request's path, as Falcon reads it here: one slash before it, and none behind."""
    found = _path_info(path)
    return found[:-1] if len(found) > 1 and found.endswith("/") else found


def variables(said: Said, headers: Mapping[str, str]) -> dict[str, str]:
    """What an application hears of them, by names of PEP 3333."""
    return {
        "REQUEST_METHOD": said.command,
        "PATH_INFO": _path_info(said.path),
        "REQUEST_URI": said.request_uri,
        "QUERY_STRING": said.query,
        **{_variable(name): value for name, value in headers.items()},
    }


@lru_cache(maxsize=_REMEMBERED)
def _usual(head: bytes) -> Head | None:
    first, *lines = head[:-4].split(b"\r\n")
    start, fields = _start(first), [*map(_field, lines)]
    if start is None or None in fields or len(fields) > _LINES:
        return None
    headers: dict[str, str] = dict(fields)
    length = headers.get("CONTENT_LENGTH", "0")
    if len(headers) < len(fields) or not (length.isascii() and length.isdigit()):
        return None
    closes = headers.get("CONNECTION", "").lower() == "close"
    return Head(start, headers, int(length), closes, variables(start, headers), address(start.path))


@lru_cache(maxsize=256)
def _start(line: bytes) -> Start | None:
    try:
        command, uri, version = crack_first_line(line)
        if version != b"1.1" or b"\r" in line or b"\n" in line:
            return None
        return Start(command.decode("latin-1"), uri.decode("latin-1"), *split_uri(uri))
    except (ParsingError, ValueError):
        return None


@lru_cache(maxsize=1024)
def _field(line: bytes) -> tuple[str, str] | None:
    found = HEADER_FIELD_RE.fullmatch(line)  # type: ignore[call-overload]
    if found is None or b"_" in found["name"]:
        return None
    name = found["name"].upper().replace(b"-", b"_").decode("latin-1")
    return None if name in _LEFT_TO_OTHERS else (name, found["value"].strip(b" \t").decode("latin-1"))


def _path_info(path: str) -> str:
    return "/" + path.lstrip("/") if path.startswith("/") else path


def _variable(name: str) -> str:
    return name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"
