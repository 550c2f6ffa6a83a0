"""Endpoint configurations: which models run on what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.hosting import lists
from sentiment_cli.sandbox.hosting.images import Images
from sentiment_cli.sandbox.hosting.models import container_of
from sentiment_cli.sandbox.hosting.records import Record, Region, Store, invalid, tags

_SHOWN = (
    "DataCaptureConfig", "KmsKeyId", "AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants",
    "ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation", "MetricsConfig",
)  # fmt: skip


class Configs:
    """The operations on endpoint configurations."""

    def __init__(self, store: Store[Any], images: Images) -> None:
        self._store = store
        self._images = images

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateEndpointConfig": self._create,
            "DescribeEndpointConfig": self._describe,
            "ListEndpointConfigs": self._list,
            "DeleteEndpointConfig": self._delete,
        }

    def _create(self, call: Call) -> Mapping[str, Any]:
        region, params = self._store.of(call), call.params
        name, variants = params["EndpointConfigName"], params["ProductionVariants"]
        region.configs.refuse_existing(name)
        _check_together(variants)
        for variant in variants:
            self._check(region, variant)
        kept = {key: params[key] for key in _SHOWN if key in params}
        kept.setdefault("MetricsConfig", {"EnableDetailedObservability": True})
        kept["ProductionVariants"] = [{"InitialVariantWeight": 1.0, **variant} for variant in variants]
        record = Record(name, region.configs.arn(name), kept, tags(params))
        with self._store.lock:
            region.configs.add(record)
        return {"EndpointConfigArn": record.arn}

    def _check(self, region: Region[Any], variant: Mapping[str, Any]) -> None:
        _check_capacity(variant)
        if "ModelName" not in variant:
            raise invalid("This sandbox hosts variants that name a model; it has no inference components.")
        with self._store.lock:
            model = region.models.find(variant["ModelName"])
        image = container_of(model.request)["Image"]
        self._images.check_architecture(region, image, variant.get("InstanceType", ""))

    def _describe(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            found = self._store.of(call).configs.find(call.params["EndpointConfigName"])
            return {
                "EndpointConfigName": found.name, "EndpointConfigArn": found.arn, "CreationTime": found.created,
                **found.request,
            }  # fmt: skip

    def _list(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            found = lists.select(self._store.of(call).configs, call.params)
        shown = [
            {"EndpointConfigName": each.name, "EndpointConfigArn": each.arn, "CreationTime": each.created}
            for each in found
        ]
        return lists.page("EndpointConfigs", shown, call.params)

    def _delete(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            self._store.of(call).configs.remove(call.params["EndpointConfigName"])
        return {}


def _check_together(variants: list[Mapping[str, Any]]) -> None:
    names = [each["VariantName"] for each in variants]
    if len(set(names)) < len(names):
        raise invalid("Each ProductionVariant must have a unique VariantName.")
    if len(variants) > 1 and any("ServerlessConfig" in each for each in variants):
        raise invalid("Only one production variant is supported for a serverless endpoint.")


def _check_capacity(variant: Mapping[str, Any]) -> None:
    serverless = variant.get("ServerlessConfig")
    name = variant["VariantName"]
    if (serverless is None) == ("InstanceType" not in variant):
        raise invalid(f"Variant {name} must have either an InstanceType or a ServerlessConfig.")
    if serverless is None and "InitialInstanceCount" not in variant:
        raise invalid(f"InitialInstanceCount must be specified for variant {name}.")
    if serverless is not None and "InitialInstanceCount" in variant:
        raise invalid(f"InitialInstanceCount cannot be specified for the serverless variant {name}.")
    if serverless is not None and serverless["MemorySizeInMB"] % 1024:
        raise invalid("MemorySizeInMB must be one of 1024, 2048, 3072, 4096, 5120 and 6144.")
