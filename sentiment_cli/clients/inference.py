"""Speaks the inference server's HTTP contract, in batches; a server's problem JSON becomes a SentimentError."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sentiment_cli.errors import InputError, SentimentError

BATCH = 500  # texts a request: far below every size limit on the way, large enough that HTTP costs nothing
TIMEOUT_SECONDS = 70.0  # SageMaker's own client gives a container 60 s


class InferenceClient:
    """A server that answers `POST /invocations` at `url`. Use as a context manager.

    Raises InputError for a `url` that is none.
    """

    def __init__(self, url: str) -> None:
        import httpx

        self.url = _checked(url).rstrip("/")
        # trust_env=False: a company's proxy must not be asked for a server on this machine.
        self._http = httpx.Client(base_url=self.url, timeout=TIMEOUT_SECONDS, trust_env=False)

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
        for start, batch in _batches(texts):
            body: dict[str, Any] = {"input": [{"text": text} for text in batch]}
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
        import orjson

        try:
            content = orjson.dumps(body)
        except TypeError as error:  # lone surrogates, for one
            raise InputError(
                "A text cannot be sent.", f"{error}.", "Remove the broken characters.", code="bad-text"
            ) from None
        try:
            answer = self._http.post("/invocations", content=content, headers={"Content-Type": "application/json"})
        except httpx.ConnectError:
            raise self._nobody() from None
        except httpx.HTTPError as error:
            raise SentimentError(
                f"{self.url} did not answer.", f"{type(error).__name__}: {error}.",
                "Look at the server's own output, then try again.", code="no-answer",
            ) from None  # fmt: skip
        if answer.status_code != 200:
            raise _refusal(answer, first_row)
        return self._understood(answer)

    def _understood(self, answer: Any) -> dict[str, Any]:
        try:
            value = answer.json()
            rows = value["output"]
            if all(isinstance(row["label"], str) and isinstance(row["score"], (int, float)) for row in rows):
                return dict(value)
        except (ValueError, KeyError, TypeError):
            pass
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


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, len(texts), BATCH):
        yield start, texts[start : start + BATCH]


def _refusal(answer: Any, first_row: int) -> SentimentError:
    try:
        problem = answer.json()
        detail, row = str(problem.get("detail") or problem["title"]), problem.get("row")
    except (ValueError, KeyError, AttributeError):
        detail, row = answer.text[:200], None
    where = f"Text {first_row + row + 1}: " if isinstance(row, int) else ""
    kind = InputError if 400 <= answer.status_code < 500 else SentimentError
    return kind(
        f"The server refused the request ({answer.status_code}).",
        where + detail,
        "Correct the input." if kind is InputError else "Look at the server's own output.",
        code=f"http-{answer.status_code}",
    )
