"""Reads requests: Waitress's parser, which here leaves no doubt where a request ends and knows when it began."""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="assignment, attr-defined, override"

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError

from server_image import framing, heads


class Parser(HTTPRequestParser):
    """One request."""

    body_rcv: Any
    variables: Mapping[str, str] | None = None
    """What an application hears of the head, where that is known already."""
    address = ""
    """What is asked for, as the application tells addresses apart; empty where that cannot be read."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.started = self.queued = time.monotonic()
        self.command = ""

    @classmethod
    def whole(cls, data: bytes, adj: Adjustments) -> Parser | None:
        """The request that `data` is, in few steps; None if it is not just one, or if anything about it is unusual."""
        found = heads.whole(data)
        if found is None or found[0].length >= adj.max_request_body_size:
            return None
        head, body = found
        request = cls(adj)
        request._take(head)
        request.completed = request.headers_finished = True
        if body:
            request.body_rcv = framing.Whole(body)
        return request

    def parse_header(self, header_plus: bytes) -> None:
        head = heads.usual(header_plus)
        if head is None:
            self._parse_unusual(header_plus)
        else:
            self._take(head)
            if head.length:
                self.body_rcv = framing.Sized(head.length)

    def _take(self, head: heads.Head) -> None:
        """What Waitress would make of it."""
        self.command, self.request_uri, self.proxy_scheme, self.proxy_netloc, self.path, self.query, self.fragment = (
            head.start
        )
        self.version, self.url_scheme = "1.1", self.adj.url_scheme
        self.headers, self.content_length = head.headers, head.length
        self.connection_close, self.variables, self.address = head.closes, head.variables, head.address

    def _parse_unusual(self, head: bytes) -> None:
        # Known even where the rest cannot be read, for HEAD is refused without a body.
        self.command = head.split(b" ", 1)[0].decode("latin-1")
        if reason := framing.doubt(head):
            raise ParsingError(reason)
        try:
            super().parse_header(head)
        except ValueError:  # of the standard library: an address or a number that it cannot read
            raise ParsingError("The head of the request cannot be read") from None
        self.address = heads.address(self.path)
        # Waitress takes Transfer-Encoding out of the headers where it heeds it.
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            # A proxy in front may see another end than we do, and take the rest for the next request.
            raise ParsingError("The length of the body is told in two ways")
        if self.chunked:
            self.body_rcv = framing.Chunks(self.body_rcv.getbuf())
        elif self.body_rcv is not None:
            self.body_rcv = framing.Sized(self.content_length)
