"""No policy is longer than IAM takes; white space is not counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Aws

TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(length: int, **statement: Any) -> str:
    """A policy of so many characters that IAM counts, in more that it does not."""
    statement = statement or {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

    def written(sid: str, indent: int | None) -> str:
        separators = None if indent else (",", ":")
        value = {"Version": "2012-10-17", "Statement": [{"Sid": sid, **statement}]}
        return json.dumps(value, indent=indent, separators=separators)

    return written("x" * (length - len(written("", None))), 40)


def refusal(ask: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        ask(**params)
    assert caught.value.response["Error"]["Code"] == "LimitExceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_of_one_count_together(aws: Aws, name: str, kind: str, most: int) -> None:
    iam, whose = aws.client("iam"), {f"{kind.capitalize()}Name": name}
    trust = {"AssumeRolePolicyDocument": document(200, **TRUST)} if kind == "role" else {}
    getattr(iam, f"create_{kind}")(**whose, **trust)
    put = getattr(iam, f"put_{kind}_policy")
    told = f"Maximum policy size of {most} bytes exceeded for {kind} {name}"
    assert refusal(put, **whose, PolicyName="a", PolicyDocument=document(most + 1)) == told
    put(**whose, PolicyName="a", PolicyDocument=document(most - 200))
    put(**whose, PolicyName="a", PolicyDocument=document(most - 200))  # in place of the first
    assert refusal(put, **whose, PolicyName="b", PolicyDocument=document(201)) == told
    put(**whose, PolicyName="b", PolicyDocument=document(200))


def test_a_managed_policy_is_counted_alone(aws: Aws, name: str) -> None:
    iam = aws.client("iam")
    told = "Cannot exceed quota for PolicySize: 6144"
    assert refusal(iam.create_policy, PolicyName=name, PolicyDocument=document(6145)) == told
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document(6144))["Policy"]["Arn"]
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=document(6145)) == told
    iam.create_policy(PolicyName=f"{name}-2", PolicyDocument=document(6144))


def test_a_trust_policy_is_short(aws: Aws, name: str) -> None:
    iam = aws.client("iam")
    told = "Cannot exceed quota for ACLSizePerRole: 2048"
    long, fitting = document(2049, **TRUST), document(2048, **TRUST)
    assert refusal(iam.create_role, RoleName=name, AssumeRolePolicyDocument=long) == told
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=fitting)
    assert refusal(iam.update_assume_role_policy, RoleName=name, PolicyDocument=long) == told
