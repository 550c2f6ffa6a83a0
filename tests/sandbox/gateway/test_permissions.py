"""A function may ask the endpoints that its role's policies name, and no others."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.gateway.conftest import Aws, api, function

ASKS = """
import boto3, json
def app(event, context):
    client = boto3.client("sagemaker-runtime")
    try:
        return {"body": client.invoke_endpoint(EndpointName=event["body"], Body=b"{}")["Body"].read().decode()}
    except client.exceptions.ClientError as error:
        return {"statusCode": 500, "body": str(error)}
"""


@pytest.fixture(scope="module")
def url(aws: Aws) -> str:
    aws.models["mine"] = aws.models["yours"] = lambda _: "asked"
    return aws.address(api(aws, function(aws, "asks", ASKS, timeout=20)))


def allow(aws: Aws, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    aws.client("iam").put_role_policy(RoleName="asks-role", PolicyName="asks", PolicyDocument=json.dumps(policy))


def statement(resource: str, effect: str = "Allow", action: str = "sagemaker:InvokeEndpoint") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def test_only_what_the_policy_names_may_be_asked(aws: Aws, url: str, http: httpx.Client) -> None:
    refused = http.post(url, content="mine")
    assert "AccessDeniedException" in refused.text
    assert "assumed-role/asks-role/asks is not authorized to perform: sagemaker:InvokeEndpoint" in refused.text
    allow(aws, statement("arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine"))
    assert http.post(url, content="mine").text == '"asked"'
    assert http.post(url, content="yours").status_code == 500


@pytest.mark.parametrize(
    ("statements", "status"),
    [
        ([statement("*")], 200),
        ([statement("arn:*:sagemaker:*:*:endpoint/mine")], 200),
        ([statement("*", action="sagemaker:*")], 200),
        ([statement("*", action="sagemaker:CreateEndpoint")], 500),
        ([statement("arn:aws:sagemaker:eu-west-1:123456789012:endpoint/mine")], 500),
        ([statement("*"), statement("*", effect="Deny")], 500),
    ],
)
def test_policies_are_read_as_iam_reads_them(
    aws: Aws, url: str, http: httpx.Client, statements: list[dict[str, Any]], status: int
) -> None:
    allow(aws, *statements)
    assert http.post(url, content="mine").status_code == status


def test_a_role_that_is_gone_allows_nothing(aws: Aws, http: httpx.Client) -> None:
    aws.models["mine"] = lambda _: "asked"
    made = aws.address(api(aws, function(aws, "roleless", ASKS, timeout=20)))
    iam = aws.client("iam")
    allowed = json.dumps({"Version": "2012-10-17", "Statement": [statement("*")]})
    iam.put_role_policy(RoleName="roleless-role", PolicyName="asks", PolicyDocument=allowed)
    assert http.post(made, content="mine").status_code == 200
    for policy in ("asks", "logs"):
        iam.delete_role_policy(RoleName="roleless-role", PolicyName=policy)
    iam.delete_role(RoleName="roleless-role")
    assert http.post(made, content="mine").status_code == 500
