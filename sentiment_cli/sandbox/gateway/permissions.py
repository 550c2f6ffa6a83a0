"""What the role of a function lets it do: the sandbox holds it to its policies when it asks an endpoint."""

from __future__ import annotations

from typing import Any

from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.reading import SCOPE

ACTION = "sagemaker:InvokeEndpoint"


def check(call: Call) -> None:
    """Raises the Fault that AWS answers a role with whose policies do not allow it. Users are not looked at."""
    role = _role(call)
    if role is None:
        return
    resource = f"arn:{role.partition}:sagemaker:{call.region}:{call.account}:endpoint/{call.params['EndpointName']}"
    if not _allows(role, resource):
        raise Fault(
            "AccessDeniedException",
            f"User: {role.arn} is not authorized to perform: {ACTION} on resource: {resource} because no "
            f"identity-based policy allows the {ACTION} action",
            403,
        )


def _role(call: Call) -> Any | None:
    """moto's AssumedRole whose credentials signed the call; None for anybody else's."""
    from moto.sts.models import sts_backends

    signed = SCOPE.search(call.headers.get("Authorization", ""))
    if signed is None:
        return None
    backends = list(sts_backends[call.account].values())
    found = (backend.get_assumed_role_from_access_key(signed.group(1)) for backend in backends)
    return next((each for each in found if each is not None), None)


def _allows(role: Any, resource: str) -> bool:
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.iam.exceptions import NotFoundException
    from moto.iam.models import iam_backends

    backend, name = iam_backends[role.account_id][role.partition], role.role_arn.split("/")[-1]
    try:
        inline = [backend.get_role_policy(name, each)[1] for each in backend.list_role_policies(name)]
        policies = [*inline, *backend.list_attached_role_policies(name)[0]]
    except NotFoundException:  # the role is gone
        return False
    said = [IAMPolicy(each).is_action_permitted(ACTION, resource) for each in policies]
    return PermissionResult.PERMITTED in said and PermissionResult.DENIED not in said
