"""What comes in at the door of a sandbox, beside what it is there for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Aws


def test_what_the_sandbox_lacks_it_says(aws: Aws) -> None:
    role = "arn:aws:iam::123456789012:role/r"
    for service, operation, params in (
        ("apigateway", "get_usage", {"usagePlanId": "p", "startDate": "2026-01-01", "endDate": "2026-01-02"}),
        (
            "iam",
            "simulate_principal_policy",
            {"PolicySourceArn": role, "ActionNames": ["a:b"]},
        ),
    ):
        with pytest.raises(ClientError, match="The sandbox does not offer") as caught:
            getattr(aws.client(service), operation)(**params)
        assert caught.value.response["Error"]["Code"] == "NotImplemented"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_service_that_nobody_knows(aws: Aws) -> None:
    scope = "AWS4-HMAC-SHA256 Credential=SANDBOX123456789012/20260101/eu-west-1/teapot/aws4_request, Signature=0"
    answer = httpx.post(aws.sandbox.url, headers={"Authorization": scope}, trust_env=False)
    assert (answer.status_code, answer.text) == (400, "UnknownOperationException: teapot knows no such operation.\n")


def test_an_operation_that_nobody_knows(aws: Aws) -> None:
    scope = "AWS4-HMAC-SHA256 Credential=SANDBOX123456789012/20260101/eu-west-1/sagemaker/aws4_request, Signature=0"
    headers = {"Authorization": scope, "X-Amz-Target": "SageMaker.BrewTea"}
    answer = httpx.post(aws.sandbox.url, headers=headers, content=b"{}", trust_env=False)
    assert (answer.status_code, answer.json()["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("path", ["/", "/moto-api/data.json", "/nothing", "/%00", "/_aws/execute-api/none/api/"])
def test_a_browser_learns_nothing(aws: Aws, path: str) -> None:
    assert httpx.get(aws.sandbox.url + path, trust_env=False).status_code in (403, 404)


def test_keys_of_objects_come_through_as_they_are(aws: Aws, name: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    keys = ["a b", "a//b", "a%2Fb", "ü/é", "a+b", "-_.~!*'()", "folder/"]
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=key.encode(), Metadata={"with_underscore": "1"})
    assert sorted(each["Key"] for each in s3.list_objects_v2(Bucket=name)["Contents"]) == sorted(keys)
    for key in keys:
        found = s3.get_object(Bucket=name, Key=key)
        assert (found["Body"].read(), found["Metadata"]) == (key.encode(), {"with_underscore": "1"})


def test_many_at_once(aws: Aws, name: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: s3.put_object(Bucket=name, Key=f"{number}", Body=bytes(1000)), range(80)))
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 80
    assert len([line for line in aws.log() if line["resource"].startswith(f"{name}/")]) == 80
