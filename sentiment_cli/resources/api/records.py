"""Chalice's deployed record, made of what AWS has: so Chalice finds again what it has lost track of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sentiment_cli.resources.api.looking import Found

# Chalice's own names for the parts of an app with one function and one REST API.
FUNCTION, ROLE, REST_API = "api_handler", "api_handler_role", "rest_api"


def as_record(before: Mapping[str, Mapping[str, Any]], found: Found | None, url: str | None) -> bytes | None:
    """The content of .chalice/deployed/STAGE.json; None where there is nothing. What else a record names is kept."""
    entries = {name: dict(each) for name, each in before.items() if name not in (FUNCTION, ROLE, REST_API)}
    if found is not None and found.function is not None:
        configuration = found.function["Configuration"]
        entries[FUNCTION] = _entry(FUNCTION, "lambda_function", lambda_arn=configuration["FunctionArn"])
        role = configuration["Role"]
        if ROLE in before or role.split("/")[-1].startswith(configuration["FunctionName"]):
            entries[ROLE] = _entry(ROLE, "iam_role", role_arn=role, role_name=role.split("/")[-1])
    if found is not None and found.rest_api is not None:
        entries[REST_API] = _entry(REST_API, "rest_api", rest_api_id=found.rest_api["id"], rest_api_url=url)
    if not entries:
        return None
    record = {"resources": list(entries.values()), "schema_version": "2.0", "backend": "api"}
    return (json.dumps(record, indent=2) + "\n").encode()


def _entry(name: str, kind: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "resource_type": kind, **values}
