"""Whether a role trusts SageMaker, and allows it what it needs."""

from __future__ import annotations

import json
from typing import Any

from sentiment_cli.sandbox.callers import Limited
from sentiment_cli.sandbox.rights import Right, effects, read

SERVICE = "sagemaker.amazonaws.com"


def trusts(role: Any) -> bool:
    """Whether SageMaker may assume the role."""
    document = role.assume_role_policy_document
    statements = (json.loads(document) if isinstance(document, str) else document).get("Statement")
    return any(
        each.get("Effect") == "Allow"
        and "sts:AssumeRole" in _list(each.get("Action"))
        and SERVICE in _list((each.get("Principal") or {}).get("Service"))
        for each in _list(statements)
    )


def allows(role: Any, action: str, resource: str) -> bool:
    """Whether a policy of the role allows `action` on the ARN `resource`, and none denies it."""
    right = Right(action, [resource], {"aws:SecureTransport": "true"})
    return effects(read(Limited(role.arn, (role,))), right, resource) == {"Allow"}


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
