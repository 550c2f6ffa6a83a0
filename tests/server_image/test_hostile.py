"""Bytes that no proper client sends: each gets a 4xx problem or a closed connection, and the server goes on."""

from __future__ import annotations

import json
import os
import random
import socket

import httpx
import pytest
from running_server import RunningServer, StartServer
from wire import Connection

HEAD = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BODY = b'{"input":[{"text": "love"}]}'

ESCAPES = b"".join(b"%%%02x" % byte for byte in range(256))


def send(server: RunningServer, data: bytes, *, end: bool = False, seconds: float = 5.0) -> bytes:
    """Everything the server answers; `end` says that nothing follows."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        connection.sendall(data)
        if end:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
                got = got.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
                head, separator, body = got.partition(b"\r\n\r\n")
                if separator and len(body) >= _length(head):
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return got


def _length(head: bytes) -> int:
    return next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)


def chunked(*chunks: bytes) -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


REFUSED = {
    "no request line": (b"\r\n\r\nhello\r\n\r\n", 400),
    "only garbage": (bytes(range(1, 9)) + b"\r\n\r\n", 400),
    "a lower case method": (b"post /ping HTTP/1.1\r\n\r\n", 400),
    "a bare line feed in the head": (b"GET /ping HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400),
    "a header without a name": (b"GET /ping HTTP/1.1\r\n: b\r\n\r\n", 400),
    "a header with a NUL": (b"GET /ping HTTP/1.1\r\nA: \x00\r\n\r\n", 400),
    "an address that is none": (b"GET http://[::1 HTTP/1.1\r\n\r\n", 400),
    "a head without end": (b"GET /ping HTTP/1.1\r\nA: " + b"b" * 100_000, 431),
    "very many headers": (b"GET /ping HTTP/1.1\r\n" + b"A: b\r\n" * 20_000, 431),
    "a length that is no number": (HEAD + b"Content-Length: x\r\n\r\n", 400),
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n", 400),
    "two lengths": (HEAD + b"Content-Length: 28\r\nContent-Length: 5\r\n\r\n" + BODY, 400),
    "a length beyond all numbers": (HEAD + b"Content-Length: " + b"9" * 4000 + b"\r\n\r\n", 413),
    "a length beyond what int reads": (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
    "a length with an underscore": (HEAD + b"Content-Length: 2_8\r\n\r\n" + BODY, 400),
    "a length beyond the limit, asking first": (
        HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n",
        413,
    ),
    "a coding that nobody knows": (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 400),
    "a chunk without a number": (chunked(b"zz\r\nhello\r\n0\r\n\r\n"), 400),
    "a chunk of negative size": (chunked(b"-5\r\nhello\r\n0\r\n\r\n"), 400),
    "a chunk longer than it says": (chunked(b"2\r\nhello\r\n0\r\n\r\n"), 400),
    "a chunk beyond all memory": (chunked(b"f" * 900 + b"\r\n" + b"x" * 26_300_000), 413),
    "a chunk header without end": (chunked(b"5;" + b"a" * 100_000), 400),
    "a trailer without end": (chunked(b"0\r\n" + b"A: b\r\n" * 50_000), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404),
    "CONNECT": (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", 404),
    "a WebSocket": (b"GET /ping HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 200),
    "an address with every byte": (b"GET /" + bytes(range(128, 256)) + b" HTTP/1.1\r\n\r\n", 400),
    "an address with every escape": (
        b"GET /" + b"".join(b"%%%02x" % byte for byte in range(256)) + b" HTTP/1.1\r\n\r\n",
        404,
    ),
    "a content type of strange bytes": (
        b"POST /invocations HTTP/1.1\r\nContent-Type: \xff\xfe;\xe9=\x80\r\nContent-Length: 28\r\n\r\n" + BODY,
        415,
    ),
    "an Accept of strange bytes": (HEAD + b"Accept: \xff/\xfe;q=\xe9\r\nContent-Length: 28\r\n\r\n" + BODY, 200),
    "HTTP/1.0": (b"POST /invocations HTTP/1.0\r\nContent-Length: 28\r\n\r\n" + BODY, 200),
    "no version at all": (b"GET /ping\r\n\r\n", 200),
    "an address in full": (b"GET http://x/ping HTTP/1.1\r\n\r\n", 200),
    "a proper chunked body": (chunked(b"1c\r\n" + BODY + b"\r\n0\r\nA: b\r\n\r\n"), 200),
    "a body that is asked for": (HEAD + b"Expect: 100-continue\r\nContent-Length: 28\r\n\r\n" + BODY, 200),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_odd_requests(lexicon: RunningServer, data: bytes, status: int) -> None:
    got = send(lexicon, data)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == str(status).encode(), got[:500]
    if status != 200:
        assert b"Content-Type: application/problem+json" in head
        assert json.loads(body)["status"] == status
    assert lexicon.ask("love").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Content-Length: 1000\r\n\r\n" + BODY,
        chunked(b"1c\r\n" + BODY),
        b"GET /ping HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500).replace(b"\n", b""),
        b"",
    ],
    ids=["a body shorter than its length", "chunks without end", "half a head", "TLS", "nothing"],
)
def test_requests_that_break_off(lexicon: RunningServer, data: bytes) -> None:
    assert send(lexicon, data, end=True) == b""
    assert lexicon.ask("love").status_code == 200


def test_requests_in_a_row_without_waiting(lexicon: RunningServer) -> None:
    one = HEAD + b"Content-Length: 28\r\n\r\n" + BODY
    with socket.create_connection(("127.0.0.1", lexicon.port), timeout=5) as connection:
        connection.sendall(one * 20 + b"GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n")
        got = b""
        while piece := connection.recv(65536):
            got += piece
    assert got.count(b"HTTP/1.1 200 OK") == 21


SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED_BODY = b"1c\r\n" + BODY + b"\r\n0\r\n\r\n"
SMUGGLING = {
    "a length, then chunks": HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks, then a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + CHUNKED_BODY,
    "another length": HEAD + b"Content-Length: 28\r\nContent-Length: 0\r\n\r\n" + BODY,
    "the same length again": HEAD + b"Content-Length: 28\r\nContent-Length: 28\r\n\r\n" + BODY,
    "a list of lengths": HEAD + b"Content-Length: 28, 28\r\n\r\n" + BODY,
    "a length with a sign": HEAD + b"Content-Length: +28\r\n\r\n" + BODY,
    "a length in other digits": HEAD + b"Content-Length: 0x1c\r\n\r\n" + BODY,
    "a length with a tab of another kind": HEAD + b"Content-Length: 28\x0b\r\n\r\n" + BODY,
    "no length in the header for it": HEAD + b"Content-Length:\r\n\r\n" + BODY,
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\nContent-Length: 28\r\n\r\n" + BODY,
    "a coding with a tab of another kind": HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n" + CHUNKED_BODY,
    "a coding with a byte behind": HEAD + b"Transfer-Encoding: chunked\x85\r\n\r\n" + CHUNKED_BODY,
    "a coding nearly known": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED_BODY,
    "a coding in quotes": HEAD + b'Transfer-Encoding: "chunked"\r\n\r\n' + CHUNKED_BODY,
    "a coding after identity": HEAD + b"Transfer-Encoding: identity, chunked\r\n\r\n" + CHUNKED_BODY,
    "a coding before identity": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED_BODY,
    "a coding twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED_BODY,
    "a coding twice in a list": HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED_BODY,
    "no coding in the header for it": HEAD + b"Transfer-Encoding:\r\n\r\n" + CHUNKED_BODY,
    "a comma for a coding": HEAD + b"Transfer-Encoding: ,\r\n\r\n" + CHUNKED_BODY,
    "a coding with an underscore": HEAD + b"Transfer_Encoding: chunked\r\nContent-Length: 28\r\n\r\n" + BODY,
    "a length with an underscore": HEAD + b"Content_Length: 5\r\nContent-Length: 28\r\n\r\n" + BODY,
    "chunks in HTTP/1.0": b"POST /invocations HTTP/1.0\r\nConnection: keep-alive\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED_BODY,
    "chunks without a version": b"POST /invocations\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED_BODY,
    "a coding on a line of its own": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKED_BODY,
    "a header on two lines": b"GET /ping HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    "a space before the first header": b"GET /ping HTTP/1.1\r\n Host: x\r\n\r\n",
    "only line feeds": b"GET /ping HTTP/1.1\nHost: x\n\n",
    "a line feed at the end": b"GET /ping HTTP/1.1\r\nHost: x\r\n\n",
    "a line feed in the head": HEAD + b"A: b\nContent-Length: 28\r\n\r\n" + BODY,
    "a carriage return in the head": HEAD + b"A: b\rContent-Length: 28\r\n\r\n" + BODY,
    "a chunk with spaces": chunked(b"1c \r\n", BODY, b"\r\n0\r\n\r\n"),
    "a chunk with 0x": chunked(b"0x1c\r\n", BODY, b"\r\n0\r\n\r\n"),
    "a chunk that ends with a line feed": chunked(b"1c\r\n", BODY, b"\n0\r\n\r\n"),
    "a chunk's length that ends with a line feed": chunked(b"1c\n\r\n", BODY, b"\r\n0\r\n\r\n"),
    "a chunk after an empty line": chunked(b"\r\n1c\r\n", BODY, b"\r\n0\r\n\r\n"),
    "an extension with a space": chunked(b"1c ;a=b\r\n", BODY, b"\r\n0\r\n\r\n"),
    "an extension with a line feed": chunked(b"1c;a\n\r\n", BODY, b"\r\n0\r\n\r\n"),
    "an extension with a carriage return": chunked(b"1c;a\rb\r\n", BODY, b"\r\n0\r\n\r\n"),
    "an extension with a line end in quotes": chunked(b'1c;a="\r\n', BODY, b"\r\n0\r\n\r\n"),
    "a trailer that is a request": chunked(b"1c\r\n", BODY, b"\r\n0\r\nGET /ping HTTP/1.1\r\n\r\n"),
    "a trailer with line feeds": chunked(b"1c\r\n", BODY, b"\r\n0\r\nA: b\n\r\n\r\n"),
}


@pytest.mark.parametrize("data", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_no_second_request_hides_behind_a_first(lexicon: RunningServer, data: bytes) -> None:
    """What a proxy in front may see the end of elsewhere is refused, and nothing that follows is looked at."""
    with Connection(lexicon.port) as connection:
        connection.send(data + SMUGGLED)
        answer = connection.answer()
        assert answer is not None
        assert answer.status == 400
        assert connection.ends()


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Transfer-Encoding: CHUNKED\r\n\r\n" + CHUNKED_BODY,
        HEAD + b"Transfer-Encoding:\tchunked\r\n\r\n" + CHUNKED_BODY,
        chunked(b'1C;a=b;c="d e"\r\n', BODY, b"\r\n0;last\r\n\r\n"),
    ],
    ids=["a coding in capitals", "a tab before a coding", "extensions of chunks"],
)
def test_what_http_leaves_in_no_doubt_is_read(lexicon: RunningServer, data: bytes) -> None:
    with Connection(lexicon.port) as connection:
        connection.send(data + b"GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n")
        answers = [connection.answer(), connection.answer()]
        assert [(each.status, bool(each.body)) for each in answers if each] == [(200, True), (200, False)]
        assert connection.ends()


def test_a_client_that_does_not_wait_for_its_answer(lexicon: RunningServer) -> None:
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", lexicon.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(HEAD + b"Content-Length: 28\r\n\r\n" + BODY)
    assert lexicon.ask("love").status_code == 200


def test_random_bytes_never_cause_a_5xx(lexicon: RunningServer) -> None:
    dice = random.Random(7)
    seeds = [BODY, b'{"text":"a"}\n', b'"a""b",\r\n', b'{"input":[{"text":"\\u0061"}],"explain":true}']
    types = ["application/json", "application/jsonlines", "text/csv"]
    with httpx.Client() as client:
        for _ in range(1500):
            body = bytearray(dice.choice(seeds) * dice.randint(1, 3))
            for _ in range(dice.randint(0, 6)):
                body[dice.randrange(len(body))] = dice.randrange(256)
            headers = {"Content-Type": dice.choice(types)}
            response = client.post(f"{lexicon.url}/invocations", content=bytes(body), headers=headers)
            assert response.status_code in (200, 400), (bytes(body), headers, response.text)


def test_strangers_cannot_flood_the_log_nor_forge_lines_in_it(start_server: StartServer) -> None:
    server = start_server()
    for _ in range(200):
        send(server, b"GET /x%0a%7b%22event%22:%22ready%22%7d" + b"y" * 5000 + b" HTTP/1.1\r\n\r\n")
    lines = [event for event in server.events() if event["event"] == "problem"]
    assert 20 <= len(lines) <= 100
    assert all(len(line) <= 4096 for line in server.log.read_text().splitlines())
    assert [event["event"] for event in server.events()].count("ready") == 1
    assert {event["status"] for event in lines} == {404}
