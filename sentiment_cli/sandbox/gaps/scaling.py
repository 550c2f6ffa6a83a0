"""Application Auto Scaling of endpoints: refuses what is no running variant, and forgets with it what belongs to it.

It scales nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from moto.applicationautoscaling.models import applicationautoscaling_backends

from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.inventory import client

NAMESPACE = "sagemaker"
NOT_SCALED = "ml.t2."


def check(context: Context, call: Call) -> None:
    """Raises the Fault that the service answers with."""
    if call.params.get("ServiceNamespace") != NAMESPACE:
        return
    _forget_ghosts(context, call)
    if call.operation == "RegisterScalableTarget":
        _check_target(context, call)
    elif call.operation in ("PutScalingPolicy", "DeregisterScalableTarget") and not _target(call):
        raise Fault("ObjectNotFoundException", f"No scalable target found for {_named(call)}")
    if call.operation == "DeregisterScalableTarget":
        _forget_policies(call, str(call.params["ResourceId"]))


def _check_target(context: Context, call: Call) -> None:
    variant = _variant(context, call, str(call.params["ResourceId"]))
    if variant is None:
        raise Fault("ValidationException", f"SageMaker endpoint variant doesn't exist: {call.params['ResourceId']}")
    instance = variant["type"]
    if instance.startswith(NOT_SCALED):
        raise Fault("ValidationException", f"SageMaker cannot register a variant with {instance}")
    least, most = call.params.get("MinCapacity"), call.params.get("MaxCapacity")
    if not _target(call) and (least is None or most is None):
        raise Fault("ValidationException", "Both minimum and maximum capacity must be specified for a new target.")
    if least is not None and most is not None and least > most:
        raise Fault("ValidationException", "Maximum capacity cannot be less than minimum capacity.")


def _variant(context: Context, call: Call, resource: str) -> dict[str, str] | None:
    """The instance type of the variant that "endpoint/E/variant/V" names; None if it does not exist."""
    parts = resource.split("/")
    if len(parts) != 4 or parts[::2] != ["endpoint", "variant"]:
        return None
    sagemaker = client(context, call.account, call.region, "sagemaker")
    with suppress(ClientError):
        config = sagemaker.describe_endpoint(EndpointName=parts[1])["EndpointConfigName"]
        variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        found = next((each for each in variants if each["VariantName"] == parts[3]), None)
        return None if found is None else {"type": found.get("InstanceType", "")}
    return None


def _forget_ghosts(context: Context, call: Call) -> None:
    """What was registered for an endpoint goes with the endpoint."""
    for targets in _backend(call).targets.values():
        for resource in list(targets):
            if resource.startswith("endpoint/") and _variant(context, call, resource) is None:
                targets.pop(resource, None)
                _forget_policies(call, resource)


def _forget_policies(call: Call, resource: str) -> None:
    policies = _backend(call).policies
    for key, policy in list(policies.items()):
        if policy.resource_id == resource:
            policies.pop(key, None)


def _target(call: Call) -> Any:
    return _backend(call).targets.get(call.params["ScalableDimension"], {}).get(call.params["ResourceId"])


def _named(call: Call) -> str:
    return (
        f"service namespace: {NAMESPACE}, resource ID: {call.params['ResourceId']}, "
        f"scalable dimension: {call.params['ScalableDimension']}"
    )


def _backend(call: Call) -> Any:
    return applicationautoscaling_backends[call.account][call.region]
