"""Whether a caller may do what it asks for: its own policies are read, as IAM reads them, and nothing else is.

The owner of an account may do everything. What is not known here, the ARN of a resource or the value of a condition,
is taken as the policy would have it. moto's own reader does not serve: what it does not know it takes for met (see
`gaps.policies`), and it judges no request by the ARNs that AWS would.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sentiment_cli.sandbox import arns, callers, naming
from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.reading import Asked

FREE = {"sts:GetCallerIdentity"}
PASSED_TO = {
    "sagemaker": "sagemaker.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
}


@dataclass(frozen=True)
class Right:
    """An action on resources, under circumstances."""

    action: str
    resources: list[str] | None
    circumstances: Mapping[str, str] = field(default_factory=dict)


def check(asked: Asked, method: str, path: str, params: Mapping[str, Any], account: str) -> None:
    """Raises the Fault of a request that the caller's policies do not allow, or deny."""
    caller = callers.limited(asked.key, account)
    if caller is None:
        return
    statements = read(caller)
    for right in needed(asked, method, path, params, account):
        if right.action not in FREE:
            for resource in right.resources or (None,):
                _hold(asked, caller.arn, statements, right, resource)


def needed(asked: Asked, method: str, path: str, params: Mapping[str, Any], account: str) -> Iterator[Right]:
    """Every right that a request takes."""
    about = {"aws:SecureTransport": "true", "aws:RequestedRegion": asked.region, "aws:ResourceAccount": account}
    resources = arns.of(asked, path, params, account)
    yield Right(naming.action(asked, method, params), resources, about)
    for action in naming.implied(asked, params):
        if action == "iam:PassRole":
            role = naming.role(params)
            to = {"iam:PassedToService": PASSED_TO[asked.service]} if asked.service in PASSED_TO else {}
            yield Right(action, [role], {**about, **to})
        else:
            yield Right(action, resources and resources[-1:], about)


def listed(asked: Asked, method: str, path: str, params: Mapping[str, Any], account: str) -> list[dict[str, Any]]:
    """The same for the access log: action, resources and circumstances; empty for what was not understood."""
    if asked.operation is None:
        return []
    try:
        found = list(needed(asked, method, path, params, account))
    except (AttributeError, KeyError, TypeError):  # parameters that AWS would not take
        return []
    return [
        {"action": each.action, "resources": each.resources, "circumstances": dict(each.circumstances)}
        for each in found
        if each.action not in FREE
    ]


def read(caller: callers.Limited) -> list[dict[str, Any]]:
    """Every statement of a caller's policies."""
    return [each for document in caller.policies() for each in _statements(document)]


def effects(statements: list[dict[str, Any]], right: Right, resource: str | None) -> set[Any]:
    """What the statements that apply have for their effect: "Allow", "Deny", both or none."""
    return {each.get("Effect") for each in statements if _applies(each, right, resource)}


def denied(asked: Asked, who: str, action: str, resource: str | None, why: str = "") -> Fault:
    """What a service answers to who may not do something."""
    on = f" on resource: {resource}" if resource not in (None, arns.ALL) else ""
    why = why or f"because no identity-based policy allows the {action} action"
    plain = asked.service == "s3" or asked.protocol == "query"
    text = f"User: {who} is not authorized to perform: {action}{on} {why}"
    return Fault("AccessDenied" if plain else "AccessDeniedException", text, 400 if asked.protocol == "json" else 403)


def _hold(asked: Asked, who: str, statements: list[dict[str, Any]], right: Right, resource: str | None) -> None:
    found = effects(statements, right, resource)
    if "Deny" in found:
        why = "with an explicit deny in an identity-based policy"
        raise denied(asked, who, right.action, resource, why)
    if "Allow" not in found:
        raise denied(asked, who, right.action, resource)


def _applies(statement: Mapping[str, Any], right: Right, resource: str | None) -> bool:
    allows = statement.get("Effect") == "Allow"
    if not _named(statement, "Action", right.action.lower(), lower=True):
        return False
    if resource is not None and not _named(statement, "Resource", resource):
        return False
    # A denial of what is not known would refuse what AWS may well allow.
    return (allows or resource is not None) and _met(statement, right.circumstances, unknown=allows)


def _named(statement: Mapping[str, Any], element: str, value: str, *, lower: bool = False) -> bool:
    if f"Not{element}" in statement:
        return not _like(statement[f"Not{element}"], value, lower=lower)
    return _like(statement.get(element), value, lower=lower)


def _met(statement: Mapping[str, Any], circumstances: Mapping[str, str], *, unknown: bool) -> bool:
    for operator, conditions in (statement.get("Condition") or {}).items():
        for key, wanted in conditions.items():
            actual = circumstances.get(key)
            met = unknown if actual is None else _compared(operator, wanted, actual, unknown=unknown)
            if not met:
                return False
    return True


def _compared(operator: str, wanted: Any, actual: str, *, unknown: bool) -> bool:
    plain = operator.removesuffix("IfExists")
    if plain in ("StringEquals", "Bool", "ArnEquals"):
        return actual in [str(each).lower() if plain == "Bool" else str(each) for each in _list(wanted)]
    if plain in ("StringLike", "ArnLike"):
        return _like(wanted, actual)
    if plain == "StringNotEquals":
        return actual not in _list(wanted)
    return unknown


def _like(patterns: Any, value: str, *, lower: bool = False) -> bool:
    # [ is no wildcard in a policy, but it is in fnmatch.
    return any(fnmatchcase(value, (each.lower() if lower else each).replace("[", "[[]")) for each in _list(patterns))


def _statements(document: Any) -> Iterator[dict[str, Any]]:
    value = json.loads(document) if isinstance(document, str) else document
    yield from _list(value.get("Statement"))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
