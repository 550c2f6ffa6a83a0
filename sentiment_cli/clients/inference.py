"""Speaks the inference server's HTTP contract, in batches; a server's problem JSON becomes a SentimentError."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sentiment_cli.errors import InputError, SentimentError

if TYPE_CHECKING:
    from sentiment_cli.clients.sender import Request

BATCH = 500  # texts a request: far below every size limit on the way, large enough that HTTP costs nothing
TIMEOUT_SECONDS = 70.0  # SageMaker's own client gives a container 60 s


class InferenceClient:
    """A server that answers `POST PATH` at `url`. Use as a context manager.

    `headers` go with every request and are shown nowhere. `local` is for a server on this machine, for which a
    company's proxy must not be asked; `auth` is httpx's. Raises InputError for a `url` that is none.
    """

    def __init__(
        self,
        url: str,
        path: str = "/invocations",
        headers: Mapping[str, str] | None = None,
        *,
        local: bool = True,
        auth: Any = None,
    ) -> None:
        import httpx

        self.url = _checked(url).rstrip("/")
        self._path = path
        self._http = httpx.Client(
            base_url=self.url, timeout=TIMEOUT_SECONDS, trust_env=not local, headers=dict(headers or {}), auth=auth
        )

    def __enter__(self) -> InferenceClient:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def is_up(self) -> bool:
        """Whether a server that is ready answers."""
        import httpx

        try:
            return self._http.get("/ping", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def ask(self, texts: Sequence[str], *, explain: bool = False) -> dict[str, Any]:
        """The server's answer for `texts`, in order: {"output": [{"label", "score"}, ...]}.

        Raises SentimentError when nothing listens, InputError when the server refuses a text.
        """
        output: list[dict[str, Any]] = []
        for start, batch in batches(texts):
            body = asking(batch)
            if explain:
                body["explain"] = True
            rows = self.send(body, first_row=start)["output"]
            if len(rows) != len(batch):
                raise self._stranger()
            output += rows
        return {"output": output}

    def send(self, body: dict[str, Any], *, first_row: int = 0) -> dict[str, Any]:
        """POST `body` as it is; `first_row` is added to row numbers in errors."""
        import httpx

        content = encoded(body)
        try:
            answer = self._http.post(self._path, content=content, headers={"Content-Type": "application/json"})
        except httpx.ConnectError:
            raise self._nobody() from None
        except httpx.HTTPError as error:
            raise SentimentError(
                f"{self.url} did not answer.", f"{type(error).__name__}: {error}.",
                "Look at the server's own output, then try again.", code="no-answer",
            ) from None  # fmt: skip
        if answer.status_code != 200:
            raise refusal(answer.status_code, answer.text, first_row)
        return self._understood(answer)

    def prepared(self, texts: Sequence[str]) -> Request:
        """The request for `texts`, with what it takes to be let in, for somebody else to send."""
        request = self._http.build_request(
            "POST", self._path, content=encoded(asking(texts)), headers={"Content-Type": "application/json"}
        )
        return prepared(request if self._http.auth is None else next(self._http.auth.sync_auth_flow(request)))

    def _understood(self, answer: Any) -> dict[str, Any]:
        value = understood(answer.content)
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


def _checked(url: str) -> str:
    import httpx

    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise _no_address(url, f"{error}.") from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise _no_address(url, "It does not begin with http:// or https:// and the name of a machine.")
    return url


def _no_address(url: str, why: str) -> InputError:
    return InputError(f"{url!r} is no address of a server.", why, "Write it as http://127.0.0.1:8080.", code="bad-url")


def asking(texts: Sequence[str]) -> dict[str, Any]:
    """The body of a request for `texts`."""
    return {"input": [{"text": text} for text in texts]}


def prepared(request: Any) -> Request:
    """One of httpx's requests as it goes over the wire; compressed answers are not asked for."""
    from sentiment_cli.clients.sender import Request

    left_out = ("accept-encoding", "connection", "content-length")
    headers = {name: value for name, value in request.headers.items() if name not in left_out}
    place = f"{request.url.scheme}://{request.url.netloc.decode()}"
    return Request(place, request.url.raw_path.decode(), headers, request.content)


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


def batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """(number of the first, texts) of each request."""
    for start in range(0, len(texts), BATCH):
        yield start, texts[start : start + BATCH]


def refusal(status: int, body: str, first_row: int = 0) -> SentimentError:
    """The error for an answer other than 200; `body` is problem JSON, or whatever stands in its place."""
    import json

    try:
        problem = json.loads(body)
        detail, row = str(problem.get("detail") or problem.get("title") or problem["message"]), problem.get("row")
    except (ValueError, KeyError, AttributeError):
        detail, row = body[:200], None
    where = f"Text {first_row + row + 1}: " if isinstance(row, int) else ""
    kind = InputError if 400 <= status < 500 else SentimentError
    return kind(
        f"The server refused the request ({status}).",
        where + detail,
        "Correct the input." if kind is InputError else "Look at the server's own output.",
        code=f"http-{status}",
    )
