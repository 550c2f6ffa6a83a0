"""S3 is as strict as S3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Aws


def code(ask: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        ask(**params)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def bucket(aws: Aws, name: str) -> str:
    aws.client("s3").create_bucket(Bucket=name)
    return name


@pytest.mark.parametrize(
    "bad",
    [
        "Upper",
        "a_b",
        "ab",
        "a" * 64,
        "-abc",
        "abc-",
        "a..b",
        "1.2.3.4",
        "xn--abc",
        "sthree-abc",
        "abc-s3alias",
        "abc--ol-s3",
    ],
)
def test_names_of_buckets(aws: Aws, bad: str) -> None:
    assert code(aws.client("s3").create_bucket, Bucket=bad) == "InvalidBucketName"


def test_the_region_is_told_where_it_must_be_and_only_there(aws: Aws, name: str) -> None:
    ireland, virginia = aws.client("s3", "eu-west-1"), aws.client("s3", "us-east-1")
    assert code(ireland.create_bucket, Bucket=name) == "IllegalLocationConstraintException"
    told = {"LocationConstraint": "us-east-1"}
    assert code(virginia.create_bucket, Bucket=name, CreateBucketConfiguration=told) == "InvalidLocationConstraint"


def test_values_that_there_are_not(aws: Aws, bucket: str) -> None:
    s3 = aws.client("s3")
    assert code(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "On"}) == "MalformedXML"
    assert code(s3.put_object, Bucket=bucket, Key="k", ACL="everybody") == "InvalidArgument"


@pytest.mark.parametrize(
    "policy",
    [
        "no json",
        "{}",
        {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}]},
        {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::another"}]},
    ],
)
def test_policies_that_are_none(aws: Aws, bucket: str, policy: Any) -> None:
    text = policy if isinstance(policy, str) else json.dumps(policy).replace("BUCKET", bucket)
    assert code(aws.client("s3").put_bucket_policy, Bucket=bucket, Policy=text) == "MalformedPolicy"


@pytest.mark.parametrize(("effect", "open_to_others"), [("Allow", True), ("Deny", False)])
def test_a_policy_may_open_a_bucket_to_others(aws: Aws, bucket: str, effect: str, open_to_others: bool) -> None:
    statement = {"Effect": effect, "Principal": "*", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    condition = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}} if effect == "Deny" else {}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **condition}]})
    aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    others = aws.client("s3", account="210987654321")
    if open_to_others:
        assert others.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    else:
        assert code(others.list_objects_v2, Bucket=bucket) == "AccessDenied"
