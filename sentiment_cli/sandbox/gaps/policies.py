"""Mends how moto reads a policy statement whose condition is not met: it then says nothing, and does not deny.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html. Requests to the sandbox
never leave this machine, and count as encrypted for `aws:SecureTransport`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CIRCUMSTANCES = {"aws:SecureTransport": "true"}


def apply() -> None:
    """Mend moto, once for this process."""
    from moto.iam.access_control import IAMPolicyStatement, PermissionResult

    judge = IAMPolicyStatement.is_action_permitted
    if getattr(judge, "mended", False):
        return

    def is_action_permitted(
        self: Any,
        action: str,
        resource: str = "*",
        principal: str | None = None,
        incoming_condition_values: Any = None,
    ) -> Any:
        values = {**CIRCUMSTANCES, **(incoming_condition_values or {})}
        if not _bools_met(self._statement, values) or not self._check_conditions(values):
            return PermissionResult.NEUTRAL
        return judge(self, action, resource, principal, values)

    is_action_permitted.mended = True  # type: ignore[attr-defined]
    IAMPolicyStatement.is_action_permitted = is_action_permitted  # type: ignore[method-assign]


def _bools_met(statement: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Whether the Bool conditions are met, an operator that moto takes for met whatever it says."""
    wanted = (statement.get("Condition") or {}).get("Bool", {})
    return all(values.get(key) == str(value).lower() for key, value in wanted.items())
