"""Whether a role trusts SageMaker and allows an action: a plain reading of its policies, conditions taken for met."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

SERVICE = "sagemaker.amazonaws.com"


def trusts(role: Any) -> bool:
    """Whether SageMaker may assume the role."""
    statements = _statements(role.assume_role_policy_document)
    return any(
        each.get("Effect") == "Allow"
        and "sts:AssumeRole" in _list(each.get("Action"))
        and SERVICE in _list((each.get("Principal") or {}).get("Service"))
        for each in statements
    )


def allows(role: Any, action: str, resource: str) -> bool:
    """Whether a policy of the role allows `action` on the ARN `resource`, and none denies it always."""
    effects = {
        each.get("Effect")
        for document in _documents(role)
        for each in _statements(document)
        if _matches(each.get("Action"), action.lower(), str.lower) and _matches(each.get("Resource"), resource, str)
        if each.get("Effect") == "Allow" or "Condition" not in each
    }
    return "Allow" in effects and "Deny" not in effects


def _documents(role: Any) -> Iterator[Any]:
    yield from role.policies.values()
    for managed in role.managed_policies.values():
        yield from (version.document for version in managed.versions if version.is_default)


def _matches(patterns: Any, value: str, as_compared: Any) -> bool:
    # [ is no wildcard in a policy, but it is in fnmatch.
    return any(fnmatchcase(value, as_compared(each).replace("[", "[[]")) for each in _list(patterns))


def _statements(document: Any) -> Iterator[dict[str, Any]]:
    value = json.loads(document) if isinstance(document, str) else document
    yield from _list(value.get("Statement"))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
