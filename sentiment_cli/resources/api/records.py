"""Chalice's deployed record, made of what AWS has: so Chalice finds again what it has lost track of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sentiment_cli.resources.api.looking import Found

# Chalice's own names for the parts of an app with one function and one REST API.
FUNCTION, ROLE, REST_API = "api_handler", "api_handler_role", "rest_api"


def as_record(
    before: Mapping[str, Mapping[str, Any]], found: Found | None, url: Callable[[str, str], str]
) -> bytes | None:
    """The content of .chalice/deployed/STAGE.json; None where there is nothing. What else a record names is kept.

    `url` makes an address of the ids of an API and its stage.
    """
    entries = {name: dict(each) for name, each in before.items() if name not in (FUNCTION, ROLE, REST_API)}
    if found is not None and found.function is not None:
        configuration = found.function["Configuration"]
        entries[FUNCTION] = _entry(FUNCTION, "lambda_function", lambda_arn=configuration["FunctionArn"])
        role = configuration["Role"]
        if ROLE in before or role.split("/")[-1].startswith(configuration["FunctionName"]):
            entries[ROLE] = _entry(ROLE, "iam_role", role_arn=role, role_name=role.split("/")[-1])
    if found is not None and found.rest_api is not None:
        api_id, stage = found.rest_api["id"], (found.stage or {}).get("stageName", "")
        entries[REST_API] = _entry(REST_API, "rest_api", rest_api_id=api_id, rest_api_url=url(api_id, stage))
    if not entries:
        return None
    record = {"resources": list(entries.values()), "schema_version": "2.0", "backend": "api"}
    return (json.dumps(record, indent=2) + "\n").encode()


def _entry(name: str, kind: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "resource_type": kind, **values}
