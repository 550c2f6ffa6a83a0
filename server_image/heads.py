"""Heads of requests as almost all are, read in few steps; whatever is unusual about one is left to others to judge.

Clients say the same lines over and over, so each line is looked at once and its meaning remembered for a while. What is
read here is read exactly as Waitress reads it.
"""

# types-waitress has bytes and strings mixed up.
# mypy: disable-error-code="arg-type"

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from waitress.parser import ParsingError, crack_first_line, split_uri
from waitress.rfc7230 import HEADER_FIELD_RE

_LONGEST = 2_000  # bytes of a head, which bounds what is remembered
_END = b"\r\n\r\n"
# What tells where a request ends, or what has to be done before its end.
_LEFT_TO_OTHERS = ("TRANSFER_ENCODING", "EXPECT")


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
    """The first line, the headers (names in capitals, with _ for -), and the length of the body in bytes."""

    start: Start
    headers: dict[str, str]
    length: int


def usual(head: bytes) -> Head | None:
    """What `head` says, which ends with an empty line; None where it is not HTTP/1.1, or not plain in every respect."""
    if len(head) > _LONGEST or not head.endswith(_END):
        return None
    first, *lines = head[:-4].split(b"\r\n")
    start, fields = _start(first), [*map(_field, lines)]
    if start is None or None in fields:
        return None
    headers: dict[str, str] = dict(fields)
    length = headers.get("CONTENT_LENGTH", "0")
    if len(headers) < len(fields) or not (length.isascii() and length.isdigit()):
        return None
    return Head(start, headers, int(length))


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
