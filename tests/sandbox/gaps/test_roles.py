"""IAM is as strict as IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Aws

SERVICE = {"Service": "sagemaker.amazonaws.com"}
GOOD = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}


def document(**changes: Any) -> str:
    statement = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(ask: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        ask(**params)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    "trust", ["no json", "{}", document(Principal=None), document(Action="s3:GetObject"), document(Resource="*")]
)
def test_what_is_no_trust_policy(aws: Aws, name: str, trust: str) -> None:
    iam = aws.client("iam")
    assert refusal(iam.create_role, RoleName=name, AssumeRolePolicyDocument=trust) == "MalformedPolicyDocument"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document())
    changed = {"RoleName": name, "PolicyDocument": trust}
    assert refusal(iam.update_assume_role_policy, **changed) == "MalformedPolicyDocument"


def test_tags_of_amazons_own(aws: Aws, name: str) -> None:
    tags = [{"Key": "aws:mine", "Value": "v"}]
    params = {"RoleName": name, "AssumeRolePolicyDocument": document(), "Tags": tags}
    assert refusal(aws.client("iam").create_role, **params) == "InvalidInput"
