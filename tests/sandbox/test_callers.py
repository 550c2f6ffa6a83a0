"""Keys decide whose account it is; strangers get what the service itself tells them."""

from __future__ import annotations

import json
from typing import Any

import boto3
import httpx
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from sentiment_cli.sandbox import ACCOUNT
from tests.sandbox.conftest import Aws

OTHER = "210987654321"
INVALID = "The security token included in the request is invalid."
UNKNOWN = "The AWS Access Key Id you provided does not exist in our records."
ASKING: dict[str, tuple[str, dict[str, Any]]] = {
    "sagemaker": ("list_endpoints", {}),
    "sagemaker-runtime": ("invoke_endpoint", {"EndpointName": "e", "Body": b""}),
    "ecr": ("describe_repositories", {}),
    "lambda": ("list_functions", {}),
    "apigateway": ("get_rest_apis", {}),
    "iam": ("list_roles", {}),
    "sts": ("get_caller_identity", {}),
    "cloudwatch": ("describe_alarms", {}),
    "s3": ("list_buckets", {}),
}


def trust() -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(client: Any, service: str) -> tuple[str, str, int]:
    operation, params = ASKING[service]
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**params)
    told = caught.value.response
    return told["Error"]["Code"], told["Error"]["Message"], told["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "code", "text", "status"),
    [
        ("sagemaker", "UnrecognizedClientException", INVALID, 400),
        ("sagemaker-runtime", "UnrecognizedClientException", INVALID, 403),
        ("ecr", "UnrecognizedClientException", INVALID, 400),
        ("lambda", "UnrecognizedClientException", INVALID, 403),
        ("apigateway", "UnrecognizedClientException", INVALID, 403),
        ("cloudwatch", "UnrecognizedClientException", INVALID, 400),
        ("iam", "InvalidClientTokenId", INVALID, 403),
        ("sts", "InvalidClientTokenId", INVALID, 403),
        ("s3", "InvalidAccessKeyId", UNKNOWN, 403),
    ],
)
def test_an_unknown_key(aws: Aws, service: str, code: str, text: str, status: int) -> None:
    stranger = aws.client(service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert refusal(stranger, service) == (code, text, status)


@pytest.mark.parametrize("key", ["SANDBOX", "SANDBOX12345678901", "SANDBOX1234567890123", "sandbox123456789012"])
def test_a_key_that_only_looks_like_one(aws: Aws, key: str) -> None:
    assert refusal(aws.client("sts", aws_access_key_id=key), "sts")[0] == "InvalidClientTokenId"


@pytest.mark.parametrize(
    ("service", "code"),
    [("sagemaker", "MissingAuthenticationTokenException"), ("s3", "AccessDenied")],
)
def test_no_key_at_all(aws: Aws, service: str, code: str) -> None:
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    assert refusal(aws.client(service, config=config), service)[::2] == (code, 403)


def test_an_account_of_its_own(aws: Aws, name: str) -> None:
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT
    assert aws.client("sts", account=OTHER).get_caller_identity()["Account"] == OTHER
    aws.client("iam", account=OTHER).create_role(RoleName=name, AssumeRolePolicyDocument=trust())
    assert name not in [each["RoleName"] for each in aws.client("iam").list_roles()["Roles"]]


def test_a_bucket_has_one_owner(aws: Aws, name: str) -> None:
    aws.client("s3", account=OTHER).create_bucket(Bucket=name)
    with pytest.raises(ClientError) as caught:
        aws.client("s3").create_bucket(Bucket=name)
    assert caught.value.response["Error"]["Code"] == "BucketAlreadyExists"
    assert name not in [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]]


def test_what_another_account_owns_is_forbidden(aws: Aws, name: str) -> None:
    theirs = aws.client("s3", account=OTHER)
    theirs.create_bucket(Bucket=name)
    theirs.put_object(Bucket=name, Key="k", Body=b"v")
    mine = aws.client("s3")
    for ask in (
        lambda: mine.head_bucket(Bucket=name),
        lambda: mine.get_object(Bucket=name, Key="k"),
        lambda: mine.list_objects_v2(Bucket=name),
        lambda: mine.put_object(Bucket=name, Key="k", Body=b"w"),
    ):
        with pytest.raises(ClientError) as caught:
            ask()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert theirs.get_object(Bucket=name, Key="k")["Body"].read() == b"v"


def test_a_role_that_was_assumed(aws: Aws, name: str) -> None:
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust())["Role"]["Arn"]
    given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assumed = aws.client(
        "sts", aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )  # fmt: skip
    assert assumed.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me"


def test_a_user_with_a_key(aws: Aws, name: str) -> None:
    iam = aws.client("iam", account=OTHER)
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    user = aws.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert user.get_caller_identity()["Arn"] == f"arn:aws:iam::{OTHER}:user/{name}"


def test_the_environment_is_enough(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in aws.sandbox.environment().items():
        monkeypatch.setenv(variable, value)
    assert boto3.session.Session().client("sts", "eu-west-1").get_caller_identity()["Account"] == ACCOUNT


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_address_needs_no_header(aws: Aws, name: str, version: str) -> None:
    s3 = aws.client("s3", config=Config(signature_version=version))
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a b/ü", Body=b"content")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "a b/ü"})
    assert httpx.get(address, trust_env=False).content == b"content"
    assert httpx.get(address.partition("?")[0], trust_env=False).status_code == 403


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sagemaker", "InvalidSignatureException", 400),
        ("sagemaker-runtime", "InvalidSignatureException", 403),
        ("lambda", "InvalidSignatureException", 403),
        ("iam", "SignatureDoesNotMatch", 403),
        ("s3", "SignatureDoesNotMatch", 403),
    ],
)
def test_another_secret(aws: Aws, service: str, code: str, status: int) -> None:
    told = refusal(aws.client(service, aws_secret_access_key="wrong"), service)
    assert told[::2] == (code, status)
    assert told[1].startswith("The request signature we calculated does not match the signature you provided.")


def test_another_secret_of_a_user(aws: Aws, name: str) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    assert refusal(aws.client("sts", aws_access_key_id=key), "sts")[0] == "SignatureDoesNotMatch"


def test_every_kind_of_request_is_signed_well(aws: Aws, name: str) -> None:
    """Paths, queries and headers that are written in more than one way; payloads that are not signed."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    for key in ("a b", "a//b", "a%2Fb", "ü/é+", "-_.~!*'()", "a=b&c", "./a", "a/../b"):
        s3.put_object(Bucket=name, Key=key, Body=b"x", Metadata={"m": "two  words"}, ChecksumAlgorithm="SHA256")
        s3.list_objects_v2(Bucket=name, Prefix=key, Delimiter="/")
    aws.client("cloudwatch").put_metric_data(
        Namespace=name, MetricData=[{"MetricName": f"m{number}", "Value": 1.0} for number in range(900)]
    )  # large enough to be compressed
    api = aws.client("apigateway")
    made = api.create_rest_api(name=name, tags={"a": "b"})["id"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{made}"
    assert api.get_tags(resourceArn=arn)["tags"] == {"a": "b"}
    api.untag_resource(resourceArn=arn, tagKeys=["a", "b c"])
    aws.client("lambda").list_functions(MaxItems=5)
