"""A client of the deployed API, with what it takes to be let in: the key, or a signature."""

from __future__ import annotations

from functools import partial

from sentiment_cli.clients.inference import InferenceClient
from sentiment_cli.clients.session import Aws
from sentiment_cli.clients.signing import signed


def client(aws: Aws, url: str, auth: str, key: str | None) -> InferenceClient:
    """For the API at `url`, which `auth` ("api-key", "iam" or "none") protects; `key` is the API key's value."""
    headers = {"x-api-key": key} if auth == "api-key" and key else {}
    sign = partial(signed, aws=aws) if auth == "iam" else None
    return InferenceClient(url, "predict", headers, local=aws.endpoint_url is not None, sign=sign)
