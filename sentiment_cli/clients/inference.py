"""Speaks the inference server's HTTP contract, in batches; a server's problem JSON becomes a SentimentError."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sentiment_cli.clients.sender import Request
from sentiment_cli.clients.transport import Transport, split
from sentiment_cli.errors import InputError, SentimentError

BATCH = 500  # texts a request: far below every size limit on the way, large enough that HTTP costs nothing
TIMEOUT_SECONDS = 70.0  # SageMaker's own client gives a container 60 s

# What texts can be to blame for; whatever else is refused, other texts would be too.
_INPUT = frozenset([400, 413, 415])
_NOT_LET_IN = "Check the API key, with IAM the permission execute-api:Invoke of who asks, and the address."
_FIXES = {
    401: _NOT_LET_IN,
    403: _NOT_LET_IN,  # API Gateway says this of a path that it does not have, too
    404: "Check the address: nothing predicts there.",
    408: "Try again: the request did not arrive in time.",
    429: "Wait, then try again: the API takes no more calls than its stage and its usage plan allow.",
}


class InferenceClient:
    """A server that answers `POST PATH` at `url`. Use as a context manager.

    `headers` go with every request and are shown nowhere. `local` is for a server on this machine, for which a
    company's proxy must not be asked; `sign` makes of a request one that is let in. Raises InputError for a `url` that
    is none.
    """

    def __init__(
        self,
        url: str,
        path: str = "/invocations",
        headers: Mapping[str, str] | None = None,
        *,
        local: bool = True,
        sign: Callable[[Request], Request] | None = None,
    ) -> None:
        _check(url)
        self.url, self._path, self._headers, self._sign = url.rstrip("/"), path, dict(headers or {}), sign
        self._http = Transport(url, TIMEOUT_SECONDS, local=local)

    def __enter__(self) -> InferenceClient:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def is_up(self) -> bool:
        """Whether a server that is ready answers."""
        from urllib3.exceptions import HTTPError

        try:
            return self._http.get(f"{self.url}/ping", timeout=2.0) == 200
        except HTTPError:
            return False

    def ask(self, texts: Sequence[str], *, explain: bool = False) -> dict[str, Any]:
        """The server's answer for `texts`, in order: {"output": [{"label", "score"}, ...]}.

        Raises SentimentError when nothing listens, InputError when the server refuses a text.
        """
        return in_batches(texts, self.send, self._stranger, explain=explain)

    def send(self, body: dict[str, Any], first_row: int = 0) -> dict[str, Any]:
        """POST `body` as it is; `first_row` is added to row numbers in errors."""
        from urllib3.exceptions import HTTPError, NewConnectionError

        request = self._request(body)
        try:
            status, said = self._http.post(request)
        except NewConnectionError:
            raise self._nobody() from None
        except HTTPError as error:
            raise SentimentError(
                f"{self.url} did not answer.", f"{type(error).__name__}: {error}.",
                "Look at the server's own output, then try again.", code="no-answer",
            ) from None  # fmt: skip
        if status != 200:
            raise refusal(status, said.decode(errors="replace"), first_row)
        return self._understood(said)

    def prepared(self, texts: Sequence[str]) -> Request:
        """The request for `texts`, with what it takes to be let in, for somebody else to send."""
        return self._request(asking(texts))

    def _request(self, body: Mapping[str, Any]) -> Request:
        request = asked(self.url, self._path, body, self._headers)
        return request if self._sign is None else self._sign(request)

    def _understood(self, answer: bytes) -> dict[str, Any]:
        value = understood(answer)
        if value is not None:
            return value
        raise self._stranger()

    def _stranger(self) -> SentimentError:
        return SentimentError(
            f"{self.url} answered something that is not a prediction.",
            "Another program may be listening there.",
            "Name the right address with --url, or start the server with `sentiment-cli serve-local`.",
            code="not-ours",
        )

    def _nobody(self) -> SentimentError:
        return SentimentError(
            f"Nothing is listening at {self.url}.",
            "The model is not being served there.",
            "Start it with `sentiment-cli serve-local`, or name the address with --url.",
            code="not-serving",
        )


def _check(url: str) -> None:
    try:
        split(url)
    except ValueError as error:
        raise _no_address(url, f"{error}.") from None


def _no_address(url: str, why: str) -> InputError:
    return InputError(f"{url!r} is no address of a server.", why, "Write it as http://127.0.0.1:8080.", code="bad-url")


def asking(texts: Sequence[str]) -> dict[str, Any]:
    """The body of a request for `texts`."""
    return {"input": [{"text": text} for text in texts]}


def asked(url: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Request:
    """The request that asks a server at `url` with `body`. Raises InputError for a text that cannot be sent."""
    server, root = split(url)
    kind = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(server, f"{root}/{path.lstrip('/')}", {**kind, **(headers or {})}, encoded(body))


def encoded(body: Mapping[str, Any]) -> bytes:
    """A request as JSON. Raises InputError for a text that cannot be written so."""
    import orjson

    try:
        return orjson.dumps(body)
    except TypeError as error:  # lone surrogates, for one
        raise InputError(
            "A text cannot be sent.", f"{error}.", "Remove the broken characters.", code="bad-text"
        ) from None


def understood(answer: bytes) -> dict[str, Any] | None:
    """The answer of an inference server; None if it is something else."""
    import orjson

    try:
        value = orjson.loads(answer)
        rows = value["output"]
        if all(isinstance(row["label"], str) and isinstance(row["score"], (int, float)) for row in rows):
            return dict(value)
    except (ValueError, KeyError, TypeError):
        pass
    return None


def in_batches(
    texts: Sequence[str],
    send: Callable[[dict[str, Any], int], dict[str, Any]],
    stranger: Callable[[], SentimentError],
    *,
    explain: bool,
) -> dict[str, Any]:
    """What `send` (of a body and the number of its first text) answers to `texts`, put together.

    Raises the error of `stranger` where an answer has more or fewer rows than it was asked texts.
    """
    output: list[dict[str, Any]] = []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        body = {**asking(batch), "explain": True} if explain else asking(batch)
        rows = send(body, start)["output"]
        if len(rows) != len(batch):
            raise stranger()
        output += rows
    return {"output": output}


def refusal(status: int, body: str, first_row: int = 0) -> SentimentError:
    """The error for an answer other than 200; `body` is problem JSON, or whatever stands in its place."""
    import json

    try:
        problem = json.loads(body)
        detail, row = str(problem.get("detail") or problem.get("title") or problem["message"]), problem.get("row")
    except (ValueError, KeyError, AttributeError):
        detail, row = body[:200], None
    where = f"Text {first_row + row + 1}: " if isinstance(row, int) else ""
    kind = InputError if status in _INPUT else SentimentError
    fix = "Correct the input." if status in _INPUT else _FIXES.get(status, "Look at the server's own output.")
    return kind(f"The server refused the request ({status}).", where + detail, fix, code=f"http-{status}")
