"""Generators of whole requests, proper and odd, as bytes; each says what it knows of the answer."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from odd_bodies import Body, bodies


@dataclass(frozen=True)
class Request:
    """Bytes for the wire. `clear`: where the request ends, so that an answer must come, and another may follow."""

    data: bytes
    head: bool = False
    clear: bool = True


def plain(body: Body, *fields: bytes) -> bytes:
    """A request that is as it should be, whatever its body is."""
    lines = [b"POST /invocations HTTP/1.1", b"Host: x", b"Content-Type: " + body.media_type.encode(), *fields]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body.content)]) + b"\r\n\r\n" + body.content


def _words(line: str) -> st.SearchStrategy[bytes]:
    """One of the words of the line, where `_` is a space."""
    return st.sampled_from([word.replace("_", " ").encode("latin-1") for word in line.split(" ")])


def _with(name: bytes, values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return values.map(lambda value: name + b": " + value)


_TOKENS = st.text("!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz", min_size=1, max_size=12).map(str.encode)
_JUNK = st.binary(max_size=20).map(lambda value: value.translate(None, b"\r\n "))
_METHODS = _words("POST POST POST GET GET HEAD PUT DELETE PATCH OPTIONS TRACE CONNECT PROPFIND") | _TOKENS
_PATHS = _words("/invocations /invocations /ping /execution-parameters /metrics /openapi.json / /nothing *")
_TAILS = _words("    / // ? ?a=b&a ?% %00 %2e%2e/ /../ping ;x #f %ff \xe9 ?\xff")
_OTHER_TARGETS = _words("http://x/ping //x/ping http://[::1/ x:443 http://[v1.x]/ping /// /%s %" + " /" + "a" * 3000)
_TARGETS = _PATHS | _PATHS | st.builds(bytes.__add__, _PATHS, _TAILS) | _OTHER_TARGETS | _JUNK.filter(bool)
_MEDIA = _words(
    "application/json application/json;_charset=utf-8 APPLICATION/JSON;charset=UTF-8 text/csv;_header=present text/csv"
    " application/jsonlines application/x-ndjson text/plain multipart/form-data */*  ; / application/json;"
    ' application/json;_charset="utf-8" application/json;charset=latin-1 text/csv;q=x'
    " */*;q=0 text/csv;q=0.1,_*/*;q=0.01"
)
_FIELDS = st.one_of(
    _with(b"Accept", _MEDIA | _JUNK),
    _with(b"Content-Type", _MEDIA),
    _with(b"Content-Type", _MEDIA | _JUNK),
    _with(b"Content-Encoding", _words("gzip identity br,_gzip IDENTITY_ ")),
    _with(b"Expect", _words("100-continue 100-Continue 200-ok ")),
    _with(b"Connection", _words("keep-alive close upgrade,_close Close ")),
    _words("Upgrade:_h2c Host:_a,_b Range:_bytes=0-1 Cookie:_a=b;_= If-None-Match:_* TE:_trailers Forwarded:_for=\xff"),
    _words("X-HTTP-Method-Override:_DELETE Content-Range:_bytes_0-1/9 If-Modified-Since:_0 HTTP2-Settings:_AA"),
    st.just(b"Content_Length: 5"),
    _with(b"X", _JUNK),
    st.builds(lambda name, value: name + b": " + value, _TOKENS, _JUNK),
)


@st.composite
def odd_heads(draw: st.DrawFn) -> Request:
    """Odd methods, addresses and headers around a body whose length is told truly, at once or in chunks."""
    content, method = draw(bodies).content, draw(_METHODS)
    fields = draw(st.lists(_FIELDS, max_size=5))
    if draw(st.booleans()):
        framing = b"Content-Length: %d" % len(content)
    else:
        framing, content = b"Transfer-Encoding: chunked", draw(_chunked(content))
    fields.insert(draw(st.integers(0, len(fields))), framing)
    head = b"\r\n".join([method + b" " + draw(_TARGETS) + b" HTTP/1.1", *fields])
    return Request(head + b"\r\n\r\n" + content, head=method == b"HEAD")


@st.composite
def _chunked(draw: st.DrawFn, content: bytes) -> bytes:
    size = draw(st.sampled_from((1, 7, 1000))) if len(content) < 300 else 5000
    extension, trailer = (
        draw(_words(' ;a=b ;a="b;"')),
        draw(st.sampled_from((b"", b"A: b\r\n", b"Content-Length: 5\r\n"))),
    )
    pieces = [content[place : place + size] for place in range(0, len(content), size)]
    chunks = [b"%X%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces]
    return b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"


_LENGTHS = _with(b"Content-Length", _words("0 -1 +5 5,_5 0x10 1e3  _7_ 99999 " + "9" * 30 + " \xb2 5\0 05"))
_CODINGS = _with(
    b"Transfer-Encoding",
    _words("chunked Chunked gzip gzip,_chunked chunked,_chunked identity  \x0bchunked chunked\x85 xchunked"),
)
_BROKEN_FIELDS = _words("_folded : no_colon a_b:_c A_:_b A:\0 A:_b\rC:_d A:_b\nC:_d \xff:_b :_b")


@st.composite
def unclear(draw: st.DrawFn) -> Request:
    """Requests of which it is not clear, or not told truly, where they end; many are no HTTP at all."""
    start = draw(st.sampled_from((b"",) * 9 + (b"\r\n", b"\n", b" ", b"\0", b"\x16\x03\x01")))
    version = draw(_words("_HTTP/1.1 _HTTP/1.1 _HTTP/1.1 _HTTP/1.0  _HTTP/2.0 _HTTP/9.9 _http/1.1 _HTTP/1.1_"))
    method = draw(_METHODS)
    lines = [start + method + b" " + draw(_TARGETS) + version]
    lines += draw(st.lists(_LENGTHS | _CODINGS, max_size=2)) + draw(st.lists(_FIELDS, max_size=2))
    lines += draw(st.sampled_from([[], [], []]) | st.lists(_BROKEN_FIELDS, max_size=1))
    end = draw(st.sampled_from((b"\r\n\r\n",) * 5 + (b"\n\n", b"\r\n")))
    content = draw(st.one_of(bodies.map(lambda body: body.content), st.binary(max_size=30)))
    content = draw(st.just(content) | _chunked(content))
    head = (start + method).lstrip() == b"HEAD"
    return Request(b"\r\n".join(lines) + end + content, head=head, clear=False)


@st.composite
def cut_short(draw: st.DrawFn) -> Request:
    """A proper beginning, and then nothing more."""
    whole = draw(odd_heads())
    return Request(whole.data[: draw(st.integers(0, len(whole.data) - 1))], head=whole.head, clear=False)
