"""What IAM refuses and moto takes: trust policies that are none, tags that are AWS's own."""

from __future__ import annotations

import json

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from sentiment_cli.sandbox.calls import Call, Fault


def check(call: Call) -> None:
    """Raises the Fault that IAM answers with."""
    if call.operation in ("CreateRole", "UpdateAssumeRolePolicy"):
        _check_trust(str(call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument")))
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
