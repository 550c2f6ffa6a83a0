"""What invocations leave in CloudWatch, as any client reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.hosting.conftest import Account, until


def statistics(aws: Account, metric: str) -> dict[str, Any]:
    hour = timedelta(hours=1)
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker", MetricName=metric, Period=7200, Statistics=["Sum", "SampleCount", "Maximum"],
        StartTime=datetime.now(UTC) - hour, EndTime=datetime.now(UTC) + hour,
        Dimensions=[{"Name": "EndpointName", "Value": "tweets"}, {"Name": "VariantName", "Value": "AllTraffic"}],
    )["Datapoints"]  # fmt: skip
    return {key: sum(point[key] for point in points) for key in ("Sum", "SampleCount", "Maximum")}


def test_invocations_errors_and_latency_are_counted(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    for _ in range(3):
        aws.ask("great")
    with pytest.raises(ClientError):
        aws.runtime.invoke_endpoint(EndpointName="tweets", ContentType="application/json", Body=b"{}")
    until(lambda: statistics(aws, "Invocations")["Sum"], lambda seen: seen == 4.0, 10)
    assert statistics(aws, "Invocation4XXErrors")["Sum"] == 1.0
    assert statistics(aws, "Invocation5XXErrors")["Sum"] == 0.0
    latency = statistics(aws, "ModelLatency")
    assert latency["SampleCount"] == 4.0
    assert 100 < latency["Maximum"] < 5_000_000  # microseconds
