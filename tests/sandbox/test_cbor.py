"""Clients that speak CBOR, as newer ones of CloudWatch and the tagging API do, are understood too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.model
import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Aws


@pytest.fixture(autouse=True)
def _cbor_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore would rather speak JSON to a service that takes both."""
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("smithy-rpc-v2-cbor", "json"))


def client(aws: Aws, service: str) -> Any:
    made = aws.client(service, "eu-west-1")
    assert made.meta.service_model.resolved_protocol == "smithy-rpc-v2-cbor"
    return made


def test_numbers_times_and_lists(aws: Aws, name: str) -> None:
    cloudwatch = client(aws, "cloudwatch")
    now = datetime.now(UTC).replace(microsecond=0)
    data = [{"MetricName": "m", "Value": value, "Timestamp": now, "Unit": "Count"} for value in (1.5, -2, 4e9)]
    cloudwatch.put_metric_data(Namespace=name, MetricData=data)
    found = cloudwatch.get_metric_statistics(
        Namespace=name, MetricName="m", StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5),
        Period=60, Statistics=["Minimum", "Maximum", "SampleCount"],
    )["Datapoints"]  # fmt: skip
    assert [(each["Minimum"], each["Maximum"], each["SampleCount"]) for each in found] == [(-2.0, 4e9, 3.0)]
    assert abs(found[0]["Timestamp"] - now) < timedelta(minutes=2)


def test_tagged_resources(aws: Aws, name: str) -> None:
    tags = [{"Key": "owner", "Value": name}]
    repository = aws.client("ecr", "eu-west-1").create_repository(repositoryName=name, tags=tags)["repository"]
    wanted = [{"Key": "owner", "Values": [name]}]
    found = client(aws, "resourcegroupstaggingapi").get_resources(TagFilters=wanted)["ResourceTagMappingList"]
    assert found == [{"ResourceARN": repository["repositoryArn"], "Tags": tags}]


def test_a_refusal(aws: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        client(aws, "cloudwatch").describe_alarms(StateValue="FINE")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert "Member must satisfy enum value set: [OK, ALARM" in caught.value.response["Error"]["Message"]


def test_no_answer_to_speak_of(aws: Aws) -> None:
    answer = client(aws, "cloudwatch").delete_alarms(AlarmNames=[])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
