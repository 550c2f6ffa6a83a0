"""Signed requests are let in, and no others: signed by botocore, as callers do it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.sandbox.gateway.conftest import Aws, api, function


@pytest.fixture(scope="module")
def signed(aws: Aws) -> str:
    arn = function(aws, "signed", "def app(event, context): return {'body': event['body']}")
    return api(aws, arn, security=[{"sigv4": []}])


def headers(url: str, body: str, key: str, secret: str, token: str | None = None, service: str = "execute-api") -> Any:
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials(key, secret, token), service, "us-east-1").add_auth(request)
    return dict(request.headers)


@pytest.mark.parametrize("path", ["/", "/items/a%20b", "/?b=2&a=1&a=%2F"])
def test_the_owners_signature_is_right(aws: Aws, signed: str, http: httpx.Client, path: str) -> None:
    url = aws.address(signed, path)
    found = http.post(url, content="{}", headers=headers(url, "{}", "SANDBOX123456789012", aws.secret))
    assert (found.status_code, found.text) == (200, "{}")


@pytest.mark.parametrize(
    ("resource", "status"),
    [("{api}/api/POST/*", 200), ("{api}/api/POST/", 200), ("{api}/api/GET/*", 403), ("{api}/other/*", 403), ("", 403)],
)
def test_a_user_of_iam_may_call_what_policies_allow(
    aws: Aws, signed: str, http: httpx.Client, resource: str, status: int
) -> None:
    iam, name = aws.client("iam"), f"caller-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    if resource:
        arn = "arn:aws:execute-api:us-east-1:123456789012:" + resource.format(api=signed)
        allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="calls", PolicyDocument=document)
    url = aws.address(signed)
    found = http.post(url, content="{}", headers=headers(url, "{}", key["AccessKeyId"], key["SecretAccessKey"]))
    assert found.status_code == status
    if status == 403:
        assert "is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:" in found.text


@pytest.mark.parametrize(
    ("key", "secret", "service"),
    [
        ("SANDBOX123456789012", "wrong", "execute-api"),
        ("AKIAIOSFODNN7EXAMPLE", "unknown", "execute-api"),
        ("SANDBOX123456789012", None, "sagemaker"),
    ],
)
def test_a_wrong_signature_is_refused(
    aws: Aws, signed: str, http: httpx.Client, key: str, secret: str | None, service: str
) -> None:
    url = aws.address(signed)
    found = http.post(url, content="{}", headers=headers(url, "{}", key, secret or aws.secret, service=service))
    assert found.status_code == 403
    assert found.headers["x-amzn-ErrorType"] == "InvalidSignatureException"


def test_a_changed_body_does_not_fit_the_signature(aws: Aws, signed: str, http: httpx.Client) -> None:
    url = aws.address(signed)
    made = headers(url, "{}", "SANDBOX123456789012", aws.secret)
    assert http.post(url, content=json.dumps({"changed": 1}), headers=made).status_code == 403


def test_without_a_signature_there_is_no_way_in(aws: Aws, signed: str, http: httpx.Client) -> None:
    found = http.post(aws.address(signed), content="{}")
    assert (found.status_code, found.json()) == (403, {"message": "Missing Authentication Token"})
    assert http.post(aws.address(signed), headers={"Authorization": "Bearer x"}).status_code == 403
