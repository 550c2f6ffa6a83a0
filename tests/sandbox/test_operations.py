"""What may be named as the operation that meets trouble."""

from __future__ import annotations

import pytest

from sentiment_cli.errors import InputError
from sentiment_cli.sandbox.operations import check, check_kind


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


@pytest.mark.parametrize("on", ["*", "sagemaker:*", "sagemaker:UpdateEndpoint", "*:Create*"])
def test_trouble_of_servers_is_for_what_starts_them(on: str) -> None:
    check_kind("unhealthy", on, 0)


@pytest.mark.parametrize("on", ["s3:GetObject", "sagemaker:CreateModel", "ecr:*"])
def test_trouble_of_servers_is_refused_for_what_starts_none(on: str) -> None:
    for kind in ("slow-start", "no-capacity", "unhealthy"):
        with pytest.raises(InputError, match=kind) as refused:
            check_kind(kind, on, 5)
        assert refused.value.code == "unmet-trouble"
        assert f"{kind} sagemaker:CreateEndpoint" in refused.value.fix
    check_kind("throttle", on, 0)


@pytest.mark.parametrize("kind", ["slow", "slow-start"])
def test_a_wait_of_no_time_is_refused(kind: str) -> None:
    with pytest.raises(InputError) as refused:
        check_kind(kind, "*", 0)
    assert "--seconds" in refused.value.fix
    check_kind(kind, "*", 0.5)
