"""Endpoints as DescribeEndpoint and ListEndpoints show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sentiment_cli.sandbox.hosting.fleets import Fleet
from sentiment_cli.sandbox.hosting.variants import Variant

if TYPE_CHECKING:
    from sentiment_cli.sandbox.hosting.endpoints import Endpoint

_FROM_CONFIG = ("DataCaptureConfig", "AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig")


def endpoint(found: Endpoint) -> dict[str, Any]:
    """Everything; what is not the case has no key."""
    shown = {**summary(found), "EndpointConfigName": found.config}
    if found.reason:
        shown["FailureReason"] = found.reason
    if found.deployment:
        shown["LastDeploymentConfig"] = found.deployment
    if found.fleet is not None:
        shown["ProductionVariants"] = [_variant(each) for each in found.fleet.variants]
        config = found.fleet.config.request
        shown |= {key: config[key] for key in _FROM_CONFIG if key in config}
    if found.coming is not None and found.status != "Creating":
        shown["PendingDeploymentSummary"] = _pending(found.coming)
    return shown


def summary(found: Endpoint) -> dict[str, Any]:
    """One row of a list."""
    return {
        "EndpointName": found.name,
        "EndpointArn": found.arn,
        "EndpointStatus": found.status,
        "CreationTime": found.created,
        "LastModifiedTime": found.modified,
    }


def _pending(fleet: Fleet) -> dict[str, Any]:
    variants = []
    for each in fleet.variants:
        shown = _variant(each) | {"VariantStatus": [{"Status": "Creating", "StartTime": fleet.started}]}
        if kind := each.settings.get("InstanceType"):
            shown["InstanceType"] = kind
        variants.append(shown)
    return {"EndpointConfigName": fleet.config.name, "StartTime": fleet.started, "ProductionVariants": variants}


def _variant(variant: Variant) -> dict[str, Any]:
    image = {
        "SpecifiedImage": variant.container["Image"],
        "ResolvedImage": variant.image,
        "ResolutionTime": variant.resolved,
    }
    shown: dict[str, Any] = {
        "VariantName": variant.name,
        "DeployedImages": [image],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.desired_weight,
    }
    if serverless := variant.settings.get("ServerlessConfig"):
        return {**shown, "CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless,
                "CurrentInstanceCount": 0}  # fmt: skip
    return {**shown, "CurrentInstanceCount": variant.count, "DesiredInstanceCount": variant.desired_count}
