"""Quotas of a new account, by name and by code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Aws


def quotas(aws: Aws, operation: str = "list_service_quotas") -> dict[str, dict[str, Any]]:
    pages = aws.client("service-quotas").get_paginator(operation).paginate(ServiceCode="sagemaker")
    return {each["QuotaName"]: each for page in pages for each in page["Quotas"]}


def test_a_new_account_may_use_few_instances(aws: Aws) -> None:
    found = quotas(aws)
    values = {name.split()[0]: each["Value"] for name, each in found.items()}
    assert (values["ml.t2.medium"], values["ml.m6g.large"], values["ml.m6g.xlarge"]) == (2, 2, 1)
    assert values["ml.m7i.large"] == 0
    assert all(name.endswith(" for endpoint usage") for name in found)
    assert found["ml.m5.large for endpoint usage"]["QuotaCode"] == "L-614B09FD"
    assert len(found) > 250
    assert found == quotas(aws, "list_aws_default_service_quotas")


def test_one_quota_by_its_code(aws: Aws) -> None:
    client = aws.client("service-quotas")
    found = client.get_service_quota(ServiceCode="sagemaker", QuotaCode="L-29C181D7")["Quota"]
    assert found["QuotaName"] == "ml.t2.medium for endpoint usage"
    for service, code in (("sagemaker", "L-00000000"), ("nothing", "L-29C181D7")):
        with pytest.raises(client.exceptions.NoSuchResourceException):
            client.get_service_quota(ServiceCode=service, QuotaCode=code)


def test_more_is_granted_to_who_asks(aws: Aws) -> None:
    client = aws.client("service-quotas", account="310987654321")
    code = {"ServiceCode": "sagemaker", "QuotaCode": "L-614B09FD"}
    asked = client.request_service_quota_increase(**code, DesiredValue=7)["RequestedQuota"]
    assert (asked["Status"], asked["QuotaName"]) == ("APPROVED", "ml.m5.large for endpoint usage")
    assert client.get_service_quota(**code)["Quota"]["Value"] == 7
    assert client.get_aws_default_service_quota(**code)["Quota"]["Value"] == 2
    assert aws.client("service-quotas").get_service_quota(**code)["Quota"]["Value"] == 2
    with pytest.raises(client.exceptions.IllegalArgumentException):
        client.request_service_quota_increase(**code, DesiredValue=7)
