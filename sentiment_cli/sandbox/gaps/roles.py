"""What IAM refuses and moto takes: trust policies that are none, policies too long, tags that are AWS's own."""

from __future__ import annotations

import json

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.models import iam_backends
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from sentiment_cli.sandbox.calls import Call, Fault

ROLE_POLICIES = 10_240  # characters in all inline policies of a role, white space not counted


def check(call: Call) -> None:
    """Raises the Fault that IAM answers with."""
    if call.operation in ("CreateRole", "UpdateAssumeRolePolicy"):
        _check_trust(str(call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument")))
    if call.operation == "PutRolePolicy":
        _check_length(call)
    if any(each["Key"].lower().startswith("aws:") for each in call.params.get("Tags") or ()):
        raise Fault("InvalidInput", "Aws: prefixed tag key names are not allowed for external use.")


def _check_trust(document: str) -> None:
    try:
        IAMTrustPolicyDocumentValidator(document).validate()
        statements = json.loads(document)["Statement"]
    except MalformedPolicyDocument as error:
        raise Fault("MalformedPolicyDocument", str(error.message)) from error
    except Exception as error:  # it falls over what it does not expect
        raise Fault("MalformedPolicyDocument", "This policy contains invalid Json") from error
    for each in statements if isinstance(statements, list) else [statements]:
        if not each.get("Principal") and not each.get("NotPrincipal"):
            raise Fault("MalformedPolicyDocument", "Missing required field Principal")


def _check_length(call: Call) -> None:
    role = iam_backends[call.account]["aws"].roles
    policies = next((each.policies for each in role.values() if each.name == call.params["RoleName"]), {})
    kept = [text for name, text in policies.items() if name != call.params["PolicyName"]]
    length = sum(len("".join(text.split())) for text in (*kept, call.params["PolicyDocument"]))
    if length > ROLE_POLICIES:
        text = f"Maximum policy size of {ROLE_POLICIES} bytes exceeded for role {call.params['RoleName']}"
        raise Fault("LimitExceeded", text, 409)
