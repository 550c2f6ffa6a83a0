"""A role that a service of AWS takes on, and what it may do then; looked up each time, for policies change.

The services of the sandbox use it for what they do in the name of a role without a request: fetch, pull, write logs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sentiment_cli.sandbox.callers import Limited
from sentiment_cli.sandbox.rights import Right, effects, read


@dataclass(frozen=True)
class Taken:
    """The role `arn` in the hands of a service, "lambda.amazonaws.com"."""

    arn: str
    service: str

    def is_trusting(self) -> bool:
        """Whether the role exists, and lets the service take it."""
        role = self._role()
        return role is not None and _trusts(role, self.service)

    def may(self, action: str, resource: str, **circumstances: str) -> bool:
        """Whether a policy of the role allows `action` on the ARN `resource`, and none denies it."""
        role = self._role()
        if role is None or not _trusts(role, self.service):
            return False
        right = Right(action, [resource], {"aws:SecureTransport": "true", **circumstances})
        return effects(read(Limited(role.arn, (role,))), right, resource) == {"Allow"}

    def may_log(self, group: str, *, group_is_there: bool, stream: str, stream_is_there: bool) -> bool:
        """Whether a line may be written; group and stream are made for it where they are missing."""
        actions = ["logs:PutLogEvents"]
        if not stream_is_there:
            actions.append("logs:CreateLogStream")
        if not group_is_there:
            actions.append("logs:CreateLogGroup")
        return all(self.may(each, f"{group}:log-stream:{stream}") for each in actions)

    def _role(self) -> Any:
        """moto's role; None if there is none."""
        from moto.iam.models import iam_backends

        parts = self.arn.split(":")
        if len(parts) < 6:
            return None
        roles = list(iam_backends[parts[4]][parts[1]].roles.values())
        return next((each for each in roles if each.arn == self.arn), None)


def _trusts(role: Any, service: str) -> bool:
    document = role.assume_role_policy_document
    statements = (json.loads(document) if isinstance(document, str) else document).get("Statement")
    return any(
        each.get("Effect") == "Allow"
        and "sts:AssumeRole" in _list(each.get("Action"))
        and service in _list((each.get("Principal") or {}).get("Service"))
        for each in _list(statements)
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
