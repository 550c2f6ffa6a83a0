"""What of a stage answers on AWS where no record says so, and what became of an endpoint that does not any more; it
changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment.state import State
from sentiment_cli.errors import SentimentError
from sentiment_cli.resources import api as apis
from sentiment_cli.resources.endpoint import Endpoint, describe
from sentiment_cli.resources.expiry import Expiry
from sentiment_cli.resources.names import Names

# What asking says where there may be no endpoint: the API, which answers 503 then, and SageMaker itself.
OF_THE_API, OF_SAGEMAKER = "http-503", "ValidationError"


def most_public(aws: Aws, names: Names) -> Literal["api", "endpoint"] | None:
    """The API if there is one, else the endpoint. Raises SentimentError where AWS does not say."""
    with translated(f"look for what is deployed of {names.prefix}"):
        if apis.url_of(aws, names):
            return "api"
        return "endpoint" if describe(aws, names.endpoint) else None


@contextmanager
def missing(aws: Aws, names: Names, recorded: State | None) -> Iterator[None]:
    """Within it, an error that comes of an endpoint that is not there is told as that, with what the journal knows."""
    try:
        yield
    except SentimentError as error:
        how = _missing(aws, names) if error.code in (OF_THE_API, OF_SAGEMAKER) else ""
        if not how:
            raise
        raise _gone(names, how, recorded, error) from error


def _missing(aws: Aws, names: Names) -> str:
    """How the endpoint is missing; empty if it is there, or nobody says."""
    try:
        with translated(f"look for the endpoint {names.endpoint}"):
            found = describe(aws, names.endpoint)
    except SentimentError:  # who may ask it need not be allowed to look at it
        return ""
    if found is None:
        return "is not there"
    return "is being deleted" if found["EndpointStatus"] == "Deleting" else ""


def _gone(names: Names, how: str, recorded: State | None, error: SentimentError) -> SentimentError:
    api = error.code == OF_THE_API
    return SentimentError(
        f"The endpoint {names.endpoint} {how}{', so its API cannot answer' if api else ''}.",
        _fate(names, recorded),
        "Run `sentiment-cli deploy` to put it back, or `sentiment-cli teardown` to remove what is left of the stage.",
        code="no-endpoint" if api else error.code,
    )


def _fate(names: Names, recorded: State | None) -> str:
    noted = recorded.resources if recorded else {}
    endpoint = noted.get(f"{Endpoint.kind} {names.endpoint}")
    if endpoint is None:
        return "It was not deployed, expired, or was deleted."
    if endpoint.status == "deleting":
        return "A teardown began to delete it."
    if f"{Expiry.kind} {names.expiry}" in noted:
        return "It was deployed from here with a time to end (--expires-in): it expired, or was deleted."
    return "It was deployed from here, and was deleted since then: `sentiment-cli teardown` on this machine was not it."
