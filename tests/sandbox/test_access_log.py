"""The access log: what was asked, by whom, by which right, and whether it changed anything."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from sentiment_cli.sandbox import ACCOUNT, naming
from tests.sandbox.conftest import Aws

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "sagemaker.amazonaws.com"}}]}'
)


def lines(aws: Aws, name: str) -> list[dict[str, Any]]:
    """What the log says of things with `name` in theirs."""
    return [line for line in aws.log() if name in line["resource"]]


def test_a_line_says_it_all(aws: Aws, name: str) -> None:
    aws.client("iam", "eu-west-1").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    (line,) = lines(aws, name)
    assert line.pop("time").startswith("20")
    assert line.pop("milliseconds") >= 0
    [right] = line.pop("rights")
    assert (right["action"], right["resources"]) == ("iam:CreateRole", [f"arn:aws:iam::{ACCOUNT}:role/{name}"])
    assert line == {
        "service": "iam", "operation": "CreateRole", "region": "eu-west-1", "resource": name,
        "action": "iam:CreateRole", "implied": [], "status": 200, "account": ACCOUNT, "mutating": True,
        "valid": True,
    }  # fmt: skip


def test_a_refusal_has_its_code(aws: Aws, name: str) -> None:
    for service, operation, params, code in (
        ("sagemaker", "describe_model", {"ModelName": name + "_"}, "ValidationException"),
        ("iam", "get_role", {"RoleName": name}, "NoSuchEntity"),
        ("s3", "get_object", {"Bucket": name, "Key": "k"}, "NoSuchBucket"),
        ("lambda", "get_function", {"FunctionName": name}, "ResourceNotFoundException"),
        ("logs", "delete_log_group", {"logGroupName": name}, "ResourceNotFoundException"),
    ):
        with pytest.raises(ClientError):
            getattr(aws.client(service), operation)(**params)
        last = lines(aws, name)[-1]
        assert (last["service"], last["error"], last["mutating"]) == (service, code, operation.startswith("delete"))
        assert last["status"] in (400, 404)


def test_a_stranger_is_written_down_too(aws: Aws, name: str) -> None:
    with pytest.raises(ClientError):
        aws.client("sagemaker", aws_access_key_id="AKIAIOSFODNN7EXAMPLE").describe_model(ModelName=name)
    last = aws.log()[-1]
    assert (last["operation"], last["account"], last["error"]) == ("DescribeModel", "", "UnrecognizedClientException")


def test_s3_by_the_names_of_its_rights(aws: Aws, name: str) -> None:
    s3 = aws.client("s3", "eu-west-1")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    version = s3.put_object(Bucket=name, Key="a/b", Body=b"1")["VersionId"]
    s3.head_object(Bucket=name, Key="a/b")
    s3.list_objects_v2(Bucket=name)
    s3.list_object_versions(Bucket=name)
    s3.head_bucket(Bucket=name)
    s3.delete_object(Bucket=name, Key="a/b", VersionId=version)
    assert [(line["action"], line["resource"].removeprefix(name), line["mutating"]) for line in lines(aws, name)] == [
        ("s3:CreateBucket", "", True),
        ("s3:PutBucketVersioning", "", True),
        ("s3:PutBucketPublicAccessBlock", "", True),
        ("s3:PutObject", "/a/b", True),
        ("s3:GetObject", "/a/b", False),
        ("s3:ListBucket", "", False),
        ("s3:ListBucketVersions", "", False),
        ("s3:ListBucket", "", False),
        ("s3:DeleteObjectVersion", "/a/b", True),
    ]


def test_rights_that_a_request_implies(aws: Aws, name: str) -> None:
    sagemaker = aws.client("sagemaker")
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    with pytest.raises(ClientError):  # there is no such role; the log has the request all the same
        sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": "i"}, Tags=[{"Key": "k", "Value": "v"}]
        )
    (line,) = lines(aws, name)
    assert (line["action"], line["implied"]) == ("sagemaker:CreateModel", ["iam:PassRole", "sagemaker:AddTags"])


@pytest.mark.parametrize(
    ("service", "operation", "params", "action"),
    [
        ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "e", "Body": b"x"}, "sagemaker:InvokeEndpoint"),
        ("apigateway", "get_rest_apis", {}, "apigateway:GET"),
        ("lambda", "invoke", {"FunctionName": "none"}, "lambda:InvokeFunction"),
        ("resourcegroupstaggingapi", "get_resources", {}, "tag:GetResources"),
        ("service-quotas", "list_service_quotas", {"ServiceCode": "sagemaker"}, "servicequotas:ListServiceQuotas"),
        ("cloudwatch", "describe_alarms", {}, "cloudwatch:DescribeAlarms"),
        ("sts", "get_caller_identity", {}, "sts:GetCallerIdentity"),
        ("ecr", "get_authorization_token", {}, "ecr:GetAuthorizationToken"),
    ],
)
def test_reading_is_no_change(aws: Aws, service: str, operation: str, params: dict[str, Any], action: str) -> None:
    try:
        getattr(aws.client(service), operation)(**params)
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] < 500  # noqa: PT017
    last = aws.log()[-1]
    assert (last["action"], last["mutating"]) == (action, False)


@pytest.mark.parametrize(
    "operation", ["CreateModel", "PutImage", "TagResource", "DeleteRole", "UpdateEndpoint", "BatchDeleteImage"]
)
def test_everything_else_is(operation: str) -> None:
    assert naming.mutating(operation)


def test_what_the_sandbox_asks_itself_is_not_in_it(aws: Aws) -> None:
    before = len(aws.log())
    aws.client("resourcegroupstaggingapi").get_resources()
    assert len(aws.log()) == before + 1


def test_nobody_else_can_hide_from_it(aws: Aws) -> None:
    before = len(aws.log())
    httpx.get(aws.sandbox.url, headers={"X-Sandbox-Internal": "1"}, trust_env=False)
    assert len(aws.log()) == before + 1


def test_no_secret_and_no_content_in_it(aws: Aws, name: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"hunter2")
    written = aws.sandbox.access_log.read_text()
    assert aws.sandbox.secret_key not in written
    assert "hunter2" not in written
