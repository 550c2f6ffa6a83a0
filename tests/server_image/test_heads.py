"""Heads that are read in few steps are read as Waitress reads them, and never where there is doubt."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from server_image import heads
from server_image.framing import doubt
from server_image.parser import Parser

READ = (
    "command", "request_uri", "version", "proxy_scheme", "proxy_netloc", "path", "query", "fragment", "url_scheme",
    "headers", "content_length", "connection_close", "chunked", "expect_continue", "completed", "headers_finished",
)  # fmt: skip
BODY = b"0123456789, and what comes behind it"
LARGE = 10_000
POST = b"POST /invocations HTTP/1.1"
STARTS = [
    POST, b"GET /ping HTTP/1.1", b"HEAD / HTTP/1.1", b"GET /a%20b?c=d&e#f HTTP/1.1", b"GET //a//b HTTP/1.1",
    b"OPTIONS * HTTP/1.1", b"GET http://user@host:80/path HTTP/1.1", b"BREW /pot HTTP/1.1",
]  # fmt: skip
ODD_STARTS = [
    b"GET / HTTP/1.0", b"GET / HTTP/1.2", b"GET /", b"get / HTTP/1.1", b"GET  / HTTP/1.1", b"GET / HTTP/1.1 ", b"",
    b"GET /\r HTTP/1.1", b"GET /\x80 HTTP/1.1", b"GET http://[::1 HTTP/1.1", b"GET / HTTP/11", b" GET / HTTP/1.1",
]  # fmt: skip
FIELDS = [
    b"Host: 127.0.0.1:8080", b"Content-Type: application/json", b"content-length: 12", b"Content-Length:0",
    b"Accept: */*", b"Connection: keep-alive", b"Connection: CLOSE", b"User-Agent: wrk/1.0 (a; b)", b"X:",
    b"X: \t a\tb \t", b"Content-Length: " + b"9" * 400,
    b"X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793", b"X: \xe9",
]  # fmt: skip
ODD_FIELDS = [
    b"Transfer-Encoding: chunked", b"transfer-encoding: identity", b"Expect: 100-continue", b"Content_Length: 3",
    b"content-length: +3", b"Content-Length: 1_0", b"Content-Length: \xb2", b"Content-Length: 3, 3", b"Content-Length:",
    b"No colon", b"X : 1", b": 1", b" folded: 1", b"\tfolded", b"X: a\rb", b"X: a\nb", b"X: \x00", b"X: a\n", b"",
]  # fmt: skip
starts = st.sampled_from(STARTS) | st.sampled_from(ODD_STARTS) | st.binary(max_size=12)
fields = st.sampled_from(FIELDS) | st.sampled_from(ODD_FIELDS) | st.binary(max_size=12)


def head(start: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join((start, *lines)) + b"\r\n\r\n"


def read_by(kind: type[HTTPRequestParser], data: bytes) -> dict[str, object]:
    parser = kind(Adjustments(max_request_body_size=10**6))
    assert parser.received(data) == len(data)
    said: dict[str, object] = {name: getattr(parser, name) for name in READ} | {"error": type(parser.error)}
    if not parser.completed:
        said["taken"] = parser.received(BODY[:5]), parser.completed, parser.received(BODY[5:]), parser.completed
        said["body"] = parser.get_body_stream().read(), len(parser.body_rcv or b"")
    parser.close()
    return said


@settings(max_examples=1000)
@given(st.builds(lambda start, lines: head(start, *lines), starts, st.lists(fields, max_size=4)))
def test_what_is_read_here_is_what_waitress_reads_and_beyond_doubt(data: bytes) -> None:
    if heads.usual(data) is not None:
        assert doubt(data) is None
        assert read_by(Parser, data) == read_by(HTTPRequestParser, data)


@pytest.mark.parametrize("start", STARTS)
def test_what_clients_say_is_usual(start: bytes) -> None:
    for field in FIELDS:
        data = head(start, b"A: b", field)
        assert heads.usual(data) is not None
        assert read_by(Parser, data) == read_by(HTTPRequestParser, data)


@pytest.mark.parametrize("data", [
    *(head(start, *FIELDS[:2]) for start in ODD_STARTS), *(head(POST, FIELDS[0], field) for field in ODD_FIELDS),
    head(POST, b"Content-Length: 3", b"Content-Length: 3"), head(POST, b"X: 1", b"x: 2"),
    head(POST, b"X: " + b"a" * 2000), POST, POST + b"\r\nX: 1\r\n", POST + b"\nX: 1\r\n\r\n",
    POST + b"\r\nX: 1\n\r\n\r\n", b"",
], ids=lambda data: repr(data[-30:]))  # fmt: skip
def test_what_is_odd_is_left_to_others(data: bytes) -> None:
    assert heads.usual(data) is None


def read_whole(data: bytes) -> dict[str, object] | None:
    """The same of a request that is all that has come; None where Parser leaves it to be read bit by bit."""
    request = Parser.whole(data, Adjustments(max_request_body_size=LARGE))
    if request is None:
        return None
    said: dict[str, object] = {name: getattr(request, name) for name in READ}
    said |= {"error": type(request.error), "body": (request.get_body_stream().read(), len(request.body_rcv or b""))}
    request.close()
    return said


def read_bit_by_bit(data: bytes) -> dict[str, object]:
    parser, rest = HTTPRequestParser(Adjustments(max_request_body_size=LARGE)), data
    while rest and not parser.completed:
        rest = rest[parser.received(rest) :]
    assert not rest
    said: dict[str, object] = {name: getattr(parser, name) for name in READ}
    said |= {"error": type(parser.error), "body": (parser.get_body_stream().read(), len(parser.body_rcv or b""))}
    parser.close()
    return said


@settings(max_examples=1000)
@given(
    st.builds(lambda start, lines: head(start, *lines), starts, st.lists(fields, max_size=4)),
    st.sampled_from([b"", BODY, BODY[:12], BODY[:11], BODY[:13], head(POST)]) | st.binary(max_size=20),
)
def test_what_comes_whole_is_read_as_bit_by_bit(data: bytes, body: bytes) -> None:
    said = read_whole(data + body)
    assert said is None or said == read_bit_by_bit(data + body)


@pytest.mark.parametrize("body", [b"", BODY[:12], BODY * 100])
def test_what_clients_send_in_one_piece_comes_whole(body: bytes) -> None:
    data = head(POST, b"Host: x", b"Content-Length: %d" % len(body)) + body
    assert read_whole(data) == read_bit_by_bit(data)


@pytest.mark.parametrize("data", [
    head(POST, b"Content-Length: 5") + b"1234", head(POST, b"Content-Length: 5") + b"123456",
    head(b"GET /ping HTTP/1.1") * 2, b"\r\n" + head(b"GET /ping HTTP/1.1"),
    head(POST, b"Content-Length: %d" % LARGE) + b"a" * LARGE, head(POST, b"X: " + b"a" * 2000), b"", b"\r\n\r\n",
], ids=lambda data: repr(data[:40]))  # fmt: skip
def test_what_does_not_come_whole_is_left_to_others(data: bytes) -> None:
    assert Parser.whole(data, Adjustments(max_request_body_size=LARGE)) is None


def test_what_is_remembered_is_bounded() -> None:
    for number in range(3000):
        assert heads.usual(head(b"GET /%d HTTP/1.1" % number, b"X-Id: %d" % number)) is not None
    assert heads._usual.cache_info().currsize <= 256
    assert heads.usual(head(b"GET / HTTP/1.1", *(b"a%d: " % number for number in range(41)))) is None
    assert heads._start.cache_info().currsize <= 256
    assert heads._field.cache_info().currsize <= 1024
