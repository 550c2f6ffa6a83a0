"""How many instances of each type endpoints may have: quotas of the account, where it is known, else AWS's defaults."""

from __future__ import annotations

from functools import cache
from typing import Any

from sentiment_cli.clients.aws import open_session

SERVICE, SUFFIX = "sagemaker", " for endpoint usage"


def endpoint_quotas(client: Any, wanted: str | None = None) -> dict[str, int]:
    """Instance type -> quota. Where the account's own name the `wanted` type, AWS's defaults are not asked for.

    `client` is boto3's of "service-quotas"; its errors pass as they are.
    https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
    """
    own = _listed(client, "list_service_quotas")
    return own if wanted in own else {**_listed(client, "list_aws_default_service_quotas"), **own}


def _listed(client: Any, operation: str) -> dict[str, int]:
    return {
        each["QuotaName"].removesuffix(SUFFIX): int(each["Value"])
        for page in client.get_paginator(operation).paginate(ServiceCode=SERVICE)
        for each in page["Quotas"]
        if each["QuotaName"].endswith(SUFFIX)
    }


@cache
def quotas_if_known(region: str, profile: str | None) -> dict[str, int]:
    """The same for questions, where a hint is all it is: empty without credentials, permission or a quick answer."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    quick = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 1})
    try:
        session = open_session(region, profile)
        if session.get_credentials() is None:
            return {}
        return endpoint_quotas(session.client("service-quotas", config=quick))
    except (BotoCoreError, ClientError):
        return {}
