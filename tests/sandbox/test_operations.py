"""What may be named as the operation that meets trouble."""

from __future__ import annotations

import pytest

from sentiment_cli.errors import InputError
from sentiment_cli.sandbox.operations import check


@pytest.mark.parametrize(
    "on",
    [
        "*",
        "*Endpoint",
        "sagemaker*",
        "dynamo*:GetItem",
        "sagemaker:*",
        "sagemaker:Create*",
        "*:Create*",
        "ec?:PutImage",
        "s3:GetObject",
    ],
)
def test_what_fits_an_operation_is_taken(on: str) -> None:
    check(on)


@pytest.mark.parametrize(
    ("on", "meant"),
    [
        ("sagemaker:CreateEndpont", "sagemaker:CreateEndpoint"),
        ("sagemaker:createendpoint", "sagemaker:CreateEndpoint"),
        ("sagemakr:CreateEndpoint", "sagemaker:CreateEndpoint"),
        ("CreateEndpoint", "sagemaker:CreateEndpoint"),
        ("PutImage", "ecr:PutImage"),
        *((on, "") for on in ("sagemaker:", "", ":", "*:Nothing*", "?", "[a")),
    ],
)
def test_what_fits_none_is_refused_with_what_is_meant(on: str, meant: str) -> None:
    with pytest.raises(InputError) as refused:
        check(on)
    assert refused.value.code == "unknown-operation"
    assert meant in refused.value.fix
