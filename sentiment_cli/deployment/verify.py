"""Holds the answers of what was deployed against the model's own, which training wrote into the artifact's manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sentiment_cli.clients.endpoint import EndpointClient
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.golden import first_difference
from sentiment_cli.resources.api import asking
from sentiment_cli.resources.names import Names

# API Gateway knows a new key, and Lambda a new function's role, after some seconds.
PATIENCE = 90.0

Ask = Callable[[Sequence[str]], Mapping[str, Any]]


# Something new, or something that wakes up: a serverless endpoint answers ModelNotReadyException first.
ENDPOINT = frozenset(
    [
        "ModelNotReadyException",
        "ThrottlingException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "InternalFailure",
        "InternalDependencyException",
        "ReadTimeoutError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "EndpointConnectionError",
    ]
)
API = frozenset(
    ["http-403", "http-404", "http-429", "http-500", "http-502", "http-503", "http-504", "no-answer", "not-serving"]
)


class Differs(SentimentError):
    """What was deployed answers something else than the model does."""


def speaks_against(error: SentimentError) -> bool:
    """Whether what failed while an endpoint was asked is the model's or the server's doing, and no trouble on the way,
    where the network or a permission failed."""
    return isinstance(error, Differs) or error.code == "not-ours" or error.code.startswith("http-")


def endpoint(aws: Aws, names: Names, manifest: Mapping[str, Any]) -> int:
    """Ask the endpoint the golden texts; how many there were. Raises Differs, or SentimentError if it cannot answer."""
    client = EndpointClient(aws, names.endpoint)
    return _check("endpoint", lambda texts: _patiently(aws, lambda: client.ask(texts), ENDPOINT), _golden(manifest))


def api(aws: Aws, url: str, auth: str, key: str | None, manifest: Mapping[str, Any]) -> int:
    """Ask the API the golden texts; how many there were. Raises Differs, or SentimentError if it cannot answer."""
    with asking.client(aws, url, auth, key) as client:
        return _check("API", lambda texts: _patiently(aws, lambda: client.ask(texts), API), _golden(manifest))


def _golden(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(manifest.get("golden") or [])


def _patiently(aws: Aws, ask: Callable[[], Mapping[str, Any]], passing: frozenset[str]) -> Mapping[str, Any]:
    """What `ask` returns, tried again while it fails with one of the codes that pass by themselves."""
    return aws.insist(
        ask, lambda error: getattr(error, "code", "") in passing, seconds=PATIENCE, first=0.5, longest=5.0
    )


def _check(what: str, ask: Ask, golden: Sequence[Mapping[str, Any]]) -> int:
    # One text at least, so that a model without golden texts is known to answer.
    texts = [row["text"] for row in golden] or ["Today was a great day!"]
    answers = ask(texts)["output"]
    if found := first_difference(golden, answers):
        row, answer = found
        raise _differs(
            what,
            f"{row['text']!r} is {row['label']} ({row['score']:.6f}) here, and {answer['label']} "
            f"({answer['score']:.6f}) there.",
        )
    return len(golden)


def _differs(what: str, why: str) -> Differs:
    return Differs(
        f"The {what} does not answer as the model does.",
        why,
        "`sentiment-cli deploy` tries again; `sentiment-cli teardown` removes everything.",
        code="wrong-answers",
    )
