"""Answers in few steps are those that Waitress would give, and the application hears what it would hear."""

from __future__ import annotations

from typing import Any

import pytest
from in_process import connected
from waitress.adjustments import Adjustments
from waitress.task import Task, WSGITask

from server_image.answers import Answer, Refusal
from server_image.channel import Channel
from server_image.parser import Parser

BODY = b'{"input":[{"text":"x"}]}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
REQUESTS = {
    "post": b"POST /invocations?a=b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    + LENGTH
    + b"\r\n"
    + BODY,
    "close": b"POST /invocations HTTP/1.1\r\nConnection: close\r\n" + LENGTH + b"\r\n" + BODY,
    "chunked": b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n" + BODY + b"\r\n0\r\n\r\n",
    "old": b"GET //ping HTTP/1.0\r\n\r\n",
    "old, stays open": b"GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "stays open": b"GET /ping HTTP/1.1\r\nConnection: keep-alive\r\nX-A-B: 1\r\nx-a-b: 2\r\n\r\n",
    "head": b"HEAD /ping HTTP/1.1\r\n\r\n",
    "odd path": b"GET ///a%20b HTTP/1.1\r\n\r\n",
    "not allowed": b"DELETE /ping HTTP/1.1\r\n\r\n",
    "options": b"OPTIONS /invocations HTTP/1.1\r\n\r\n",
}


class Comparing(Answer):
    heard: list[tuple[dict[str, Any], dict[str, Any]]] = []  # noqa: RUF012 - emptied by the test
    said: list[tuple[bytes, bytes, bool, bool]] = []  # noqa: RUF012

    def get_environment(self) -> dict[str, Any]:
        theirs = WSGITask.get_environment(self)
        self.environ = None
        ours = super().get_environment()
        self.heard.append((ours, theirs))
        return ours

    def build_response_header(self) -> bytes:
        before = (self.close_on_finish, [*self.response_headers])
        ours, closes = super().build_response_header(), self.close_on_finish
        self.close_on_finish, self.response_headers = before
        theirs = Task.build_response_header(self)
        self.said.append((ours, theirs, closes, self.close_on_finish))
        return ours


@pytest.mark.parametrize("kind", [Answer, Refusal])
def test_what_an_answer_changes_of_a_head_is_not_seen_by_the_next(kind: Any) -> None:
    """Heads are remembered, and equal ones shared."""
    first = Parser.whole(REQUESTS["post"], Adjustments())
    assert first is not None
    kind(None, first).end_connection()
    assert first.headers["CONNECTION"] == "close"
    again = Parser.whole(REQUESTS["post"], Adjustments())
    assert again is not None
    assert "CONNECTION" not in again.headers


@pytest.mark.parametrize("quick", [20_000, 0])
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_an_answer_is_as_waitress_gives_it(monkeypatch: pytest.MonkeyPatch, request_: bytes, quick: int) -> None:
    monkeypatch.setattr(Channel, "task_class", Comparing)
    monkeypatch.setattr(Comparing, "heard", [])
    monkeypatch.setattr(Comparing, "said", [])
    with connected(quick=quick) as connection:
        answer = connection.ask(request_)
    [(ours, theirs)] = Comparing.heard
    assert type(ours.pop("wsgi.input")) is type(theirs.pop("wsgi.input"))
    assert ours == theirs
    [(head, their_head, closes, they_close)] = Comparing.said
    assert answer.startswith(head)
    assert sorted(head.split(b"\r\n")) == sorted(their_head.split(b"\r\n"))
    assert closes == they_close
