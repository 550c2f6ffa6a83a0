"""One HTTP request to a model server, as SageMaker makes it: the caller's headers, a minute of patience."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

SECONDS = 60.0
CONNECT_SECONDS = 5.0  # AWS gives a quarter of a second, but not to a laptop
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_TIMED_OUT = (
    b"Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    b"each container in Amazon CloudWatch, resolve the issue, and try again."
)


class Answer(NamedTuple):
    """What a server answered; status 0 where it answered nothing in time."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Requests:
    """Keeps connections to servers open between requests."""

    def __init__(self) -> None:
        import httpx

        # trust_env=False: a company's proxy must not be asked for a server on this machine.
        self._http = httpx.Client(limits=httpx.Limits(max_connections=None), trust_env=False)

    def send(self, url: str, params: Mapping[str, Any]) -> Answer:
        """Send the body and headers of an InvokeEndpoint to the server at `url`."""
        import httpx

        try:
            answer = self._http.post(
                f"{url}/invocations", content=params.get("Body") or b"", headers=_headers(params),
                timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
            )  # fmt: skip
        except httpx.TimeoutException:
            return Answer(0, {}, _TIMED_OUT)
        except httpx.HTTPError:
            return Answer(502, {}, b"The container closed the connection.")
        return Answer(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        self._http.close()


def _headers(params: Mapping[str, Any]) -> dict[str, str]:
    given = {
        "Content-Type": params.get("ContentType"),
        "Accept": params.get("Accept"),
        ATTRIBUTES: params.get("CustomAttributes"),
    }
    return {"Accept-Encoding": "identity", **{key: value for key, value in given.items() if value is not None}}
