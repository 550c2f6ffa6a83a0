"""Trouble on demand, as clients of AWS see it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sentiment_cli.sandbox import Sandbox
from tests.sandbox.conftest import Aws

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "sagemaker.amazonaws.com"}}]}'
)


@pytest.fixture
def trouble(aws: Aws) -> Iterator[Sandbox]:
    yield aws.sandbox
    aws.sandbox.clear_faults()


def told(ask: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        ask(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("kind", "service", "operation", "code", "status"),
    [
        ("throttle", "sagemaker", "list_endpoints", "ThrottlingException", 400),
        ("throttle", "iam", "list_roles", "Throttling", 400),
        ("throttle", "s3", "list_buckets", "SlowDown", 503),
        ("throttle", "lambda", "list_functions", "TooManyRequestsException", 429),
        ("error", "sagemaker", "list_endpoints", "InternalFailure", 500),
        ("error", "s3", "list_buckets", "InternalError", 500),
        ("unavailable", "ecr", "describe_repositories", "ServiceUnavailable", 503),
        ("denied", "sagemaker", "list_endpoints", "AccessDeniedException", 400),
        ("denied", "iam", "list_roles", "AccessDenied", 403),
        ("denied", "apigateway", "get_rest_apis", "AccessDeniedException", 403),
        ("quota", "sagemaker", "list_endpoints", "ResourceLimitExceeded", 400),
        ("expired", "sts", "get_caller_identity", "ExpiredToken", 400),
        ("skewed", "sts", "get_caller_identity", "SignatureDoesNotMatch", 403),
        ("skewed", "s3", "list_buckets", "RequestTimeTooSkewed", 403),
        ("skewed", "sagemaker", "list_endpoints", "InvalidSignatureException", 400),
    ],
)
def test_what_a_service_says(
    aws: Aws, trouble: Sandbox, kind: str, service: str, operation: str, code: str, status: int
) -> None:
    ask = getattr(aws.client(service), operation)
    trouble.add_fault(kind, f"{service}:*")
    assert told(ask) == (code, status)
    last = aws.log()[-1]
    assert (last["error"], last["status"]) == (code, status)
    ask()  # it was for once


def test_botocore_tries_again(aws: Aws, trouble: Sandbox) -> None:
    trouble.add_fault("throttle", "sagemaker:ListModels", times=2)
    before = len(aws.log())
    aws.client("sagemaker", config=Config(retries={"total_max_attempts": 3})).list_models()
    assert [line["status"] for line in aws.log()[before:]] == [400, 400, 200]
    assert trouble.faults() == []


def test_the_text_of_a_refusal_names_the_right(aws: Aws, trouble: Sandbox) -> None:
    trouble.add_fault("denied", "s3:HeadBucket")
    trouble.add_fault("denied", "sagemaker:ListModels")
    with pytest.raises(ClientError, match=r"user/sandbox is not authorized to perform: sagemaker:ListModels"):
        aws.client("sagemaker").list_models()


def test_only_what_was_named(aws: Aws, trouble: Sandbox) -> None:
    trouble.add_fault("error", "sagemaker:Create*", times=0)
    aws.client("sagemaker").list_endpoints()
    aws.client("sts").get_caller_identity()
    assert [each["on"] for each in trouble.faults()] == ["sagemaker:Create*"]


def test_always_is_until_it_is_cleared(aws: Aws, trouble: Sandbox) -> None:
    trouble.add_fault("error", "sts:*", times=0)
    for _ in range(3):
        assert told(aws.client("sts").get_caller_identity)[1] == 500
    trouble.clear_faults()
    aws.client("sts").get_caller_identity()


def test_slow(aws: Aws, trouble: Sandbox) -> None:
    trouble.add_fault("slow", "sts:*", seconds=0.5)
    began = time.monotonic()
    aws.client("sts").get_caller_identity()
    assert time.monotonic() - began >= 0.5
    trouble.add_fault("slow", "sts:*", seconds=2)
    hasty = Config(read_timeout=0.2, retries={"total_max_attempts": 1})
    with pytest.raises(ReadTimeoutError):
        aws.client("sts", config=hasty).get_caller_identity()


def test_a_connection_that_breaks_before_anything_is_done(aws: Aws, trouble: Sandbox, name: str) -> None:
    trouble.add_fault("drop", "iam:CreateRole")
    iam = aws.client("iam")
    with pytest.raises(ConnectionClosedError):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert told(iam.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_an_answer_that_is_lost_when_all_is_done(aws: Aws, trouble: Sandbox, name: str) -> None:
    trouble.add_fault("lost", "iam:CreateRole")
    iam = aws.client("iam")
    with pytest.raises(ConnectionClosedError):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert iam.get_role(RoleName=name)["Role"]["RoleName"] == name


def test_the_sandbox_itself_is_spared(aws: Aws, trouble: Sandbox) -> None:
    trouble.add_fault("error", "s3:*", times=0)
    aws.client("resourcegroupstaggingapi").get_resources()
    assert trouble.about()["requests"]


def test_strangers_arrange_nothing(aws: Aws) -> None:
    answer = httpx.post(f"{aws.sandbox.url}/_sandbox/faults", json={"kind": "error"}, trust_env=False)
    assert answer.status_code == 403
    assert aws.sandbox.faults() == []
