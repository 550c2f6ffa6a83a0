"""Autoscaling knows which variants there are, and forgets what was registered for one that went."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from sentiment_cli.sandbox import gaps
from sentiment_cli.sandbox.access_log import AccessLog
from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.door import Door

VARIANT = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
POLICY = {
    "TargetValue": 5.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}


class Hosting:
    """Endpoints that are only described, by name: the instance type of their one variant."""

    def __init__(self) -> None:
        self.endpoints: dict[str, str] = {}

    def describe(self, call: Call) -> dict[str, Any]:
        name = call.params.get("EndpointName") or call.params["EndpointConfigName"]
        if name not in self.endpoints:
            raise Fault("ValidationException", f"Could not find {name}")
        variant = {"VariantName": "AllTraffic", "InstanceType": self.endpoints[name]}
        return {"EndpointName": name, "EndpointConfigName": name, "ProductionVariants": [variant]}


@pytest.fixture
def hosting() -> Hosting:
    return Hosting()


@pytest.fixture
def scaling(hosting: Hosting, tmp_path: Path) -> Iterator[Any]:
    """A client of a door with `hosting` behind it."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    context = Context(tmp_path, url, tmp_path.name, "process")
    described = ("DescribeEndpoint", "DescribeEndpointConfig")
    handlers = {**gaps.services(context), **{("sagemaker", each): hosting.describe for each in described}}
    moto = DomainDispatcherApplication(create_backend_app)
    door = Door(context.id, handlers, moto, AccessLog(tmp_path / "log"), dict)
    door.checks = dict(gaps.checks(context))
    server.app = door
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield boto3.client(
        "application-autoscaling", "eu-west-1", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}),
        aws_access_key_id="SANDBOX123456789012", aws_secret_access_key="-",
    )  # fmt: skip
    server.shutdown()
    server.server_close()


def register(scaling: Any, endpoint: str = "e", least: int = 1, most: int = 2) -> None:
    of = f"endpoint/{endpoint}/variant/AllTraffic"
    scaling.register_scalable_target(ResourceId=of, MinCapacity=least, MaxCapacity=most, **VARIANT)


def put_policy(scaling: Any) -> None:
    scaling.put_scaling_policy(
        PolicyName="p", ResourceId="endpoint/e/variant/AllTraffic", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=POLICY, **VARIANT,
    )  # fmt: skip


def left(scaling: Any) -> tuple[int, int]:
    """Targets and policies."""
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return len(targets), len(scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"])


def test_an_endpoint_that_there_is_not(scaling: Any) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        register(scaling, "ghost")


def test_burstable_types_do_not_scale(scaling: Any, hosting: Hosting) -> None:
    hosting.endpoints["e"] = "ml.t2.medium"
    with pytest.raises(ClientError, match=r"cannot register a variant with ml\.t2\.medium"):
        register(scaling)


def test_no_less_than_the_least(scaling: Any, hosting: Hosting) -> None:
    hosting.endpoints["e"] = "ml.m5.large"
    with pytest.raises(ClientError, match="cannot be less than minimum"):
        register(scaling, least=3, most=2)


def test_a_policy_needs_a_target(scaling: Any, hosting: Hosting) -> None:
    hosting.endpoints["e"] = "ml.m5.large"
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        put_policy(scaling)
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.deregister_scalable_target(ResourceId="endpoint/e/variant/AllTraffic", **VARIANT)


def test_a_target_takes_its_policies_along(scaling: Any, hosting: Hosting) -> None:
    hosting.endpoints["e"] = "ml.m5.large"
    register(scaling)
    put_policy(scaling)
    assert left(scaling) == (1, 1)
    scaling.deregister_scalable_target(ResourceId="endpoint/e/variant/AllTraffic", **VARIANT)
    assert left(scaling) == (0, 0)


def test_an_endpoint_takes_all_along(scaling: Any, hosting: Hosting) -> None:
    hosting.endpoints["e"] = "ml.m5.large"
    register(scaling)
    put_policy(scaling)
    hosting.endpoints.clear()
    assert left(scaling) == (0, 0)


def test_nothing_ever_happened(scaling: Any) -> None:
    assert scaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"] == []
