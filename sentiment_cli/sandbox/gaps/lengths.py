"""How long the policies of IAM may be, white space not counted; moto takes any.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
"""

from __future__ import annotations

from moto.iam.models import iam_backends

from sentiment_cli.sandbox.calls import Call, Fault

# operation -> whose policies, and the characters of all that stand in one of these
INLINE = {"PutUserPolicy": ("user", 2_048), "PutGroupPolicy": ("group", 5_120), "PutRolePolicy": ("role", 10_240)}
# operation -> parameter, quota and characters of one document
DOCUMENTS = {
    "CreatePolicy": ("PolicyDocument", "PolicySize", 6_144),
    "CreatePolicyVersion": ("PolicyDocument", "PolicySize", 6_144),
    "CreateRole": ("AssumeRolePolicyDocument", "ACLSizePerRole", 2_048),
    "UpdateAssumeRolePolicy": ("PolicyDocument", "ACLSizePerRole", 2_048),
}


def check(call: Call) -> None:
    """Raises the Fault that IAM answers with."""
    if call.operation in INLINE:
        _check_inline(call, *INLINE[call.operation])
    if call.operation in DOCUMENTS:
        parameter, quota, most = DOCUMENTS[call.operation]
        if _length(call.params[parameter]) > most:
            raise Fault("LimitExceeded", f"Cannot exceed quota for {quota}: {most}", 409)


def _check_inline(call: Call, kind: str, most: int) -> None:
    name = call.params[f"{kind.capitalize()}Name"]
    holders = getattr(iam_backends[call.account]["aws"], f"{kind}s")
    held: dict[str, str] = next((each.policies for each in holders.values() if each.name == name), {})
    kept = [text for policy, text in held.items() if policy != call.params["PolicyName"]]
    if sum(map(_length, (*kept, call.params["PolicyDocument"]))) > most:
        raise Fault("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} {name}", 409)


def _length(document: str) -> int:
    return len("".join(document.split()))
