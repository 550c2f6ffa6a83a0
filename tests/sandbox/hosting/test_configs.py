"""Endpoint configurations: what may be put together, and what is shown of it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.hosting.conftest import Account, archive

INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}


@pytest.fixture
def model(aws: Account) -> str:
    aws.model("m", archive(weights=b"1"))
    return "m"


def refused(aws: Account, *variants: dict[str, Any]) -> str:
    asked = [{"VariantName": "AllTraffic", "ModelName": "m", **each} for each in variants]
    with pytest.raises(ClientError) as caught:
        aws.sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=asked)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_a_configuration_is_described_with_what_aws_adds(aws: Account, model: str) -> None:
    aws.config("c", model)
    seen = aws.sagemaker.describe_endpoint_config(EndpointConfigName="c")
    assert seen["EndpointConfigArn"] == f"arn:aws:sagemaker:eu-west-1:{aws.id}:endpoint-config/c"
    assert seen["ProductionVariants"] == [
        {"VariantName": "AllTraffic", "ModelName": "m", "InitialVariantWeight": 1.0, **INSTANCES}
    ]
    assert seen["MetricsConfig"]["EnableDetailedObservability"] is True


def test_a_model_that_does_not_exist_is_refused(aws: Account) -> None:
    assert refused(aws, INSTANCES) == f'Could not find model "arn:aws:sagemaker:eu-west-1:{aws.id}:model/m".'


@pytest.mark.parametrize(
    "variants",
    [
        [{}],
        [INSTANCES | SERVERLESS],
        [{"InstanceType": "ml.m5.large"}],
        [SERVERLESS | {"InitialInstanceCount": 1}],
        [{"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 5}}],
        [INSTANCES, INSTANCES],
        [SERVERLESS, INSTANCES | {"VariantName": "other"}],
    ],
    ids=["nothing", "both", "no-count", "serverless-count", "odd-memory", "same-name", "serverless-and-another"],
)
def test_what_does_not_go_together_is_refused(aws: Account, model: str, variants: list[dict[str, Any]]) -> None:
    assert refused(aws, *variants)
    assert aws.sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_configurations_are_listed_and_deleted_once(aws: Account, model: str) -> None:
    aws.config("c-1", model, **SERVERLESS)
    aws.config("c-2", model)
    listed = aws.sagemaker.list_endpoint_configs(NameContains="-1")["EndpointConfigs"]
    assert [each["EndpointConfigName"] for each in listed] == ["c-1"]
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        aws.config("c-1", model)
    aws.sagemaker.delete_endpoint_config(EndpointConfigName="c-1")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        aws.sagemaker.delete_endpoint_config(EndpointConfigName="c-1")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        aws.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c-1")
