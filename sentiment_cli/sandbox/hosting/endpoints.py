"""Endpoints: the states they pass through, in threads of their own, while everybody asks how they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread
from typing import Any

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.hosting import capacity, descriptions, lists
from sentiment_cli.sandbox.hosting.fleets import Fleet, Unhealthy
from sentiment_cli.sandbox.hosting.records import Record, Region, Store, invalid, now, tags

BUSY = ("Creating", "Updating", "RollingBack", "Deleting")
GROUP = "/aws/sagemaker/Endpoints/"

MakeFleet = Callable[[Region["Endpoint"], str, Record], Fleet]
"""Takes the region, the log group and the endpoint configuration."""


@dataclass
class Endpoint(Record):
    """An endpoint as it is now."""

    config: str = ""
    status: str = "Creating"
    reason: str = ""
    modified: datetime = field(default_factory=now)
    deployment: Mapping[str, Any] | None = None
    fleet: Fleet | None = None
    """What serves; None before it ever did, and after it failed to."""
    coming: Fleet | None = None
    """What is being started."""

    def become(self, status: str, reason: str = "") -> None:
        self.status, self.reason, self.modified = status, reason, now()

    def fleets(self) -> list[Fleet]:
        return [each for each in (self.fleet, self.coming) if each is not None]


class Endpoints:
    """The operations on endpoints."""

    def __init__(self, store: Store[Endpoint], make_fleet: MakeFleet) -> None:
        self._store = store
        self._make_fleet = make_fleet
        self._threads: list[Thread] = []

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "ListEndpoints": self._list,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._resize,
            "DeleteEndpoint": self._delete,
        }

    def close(self) -> None:
        """Stop every server, at once, and wait for it."""
        with self._store.lock:
            fleets = [fleet for region in self._store for each in region.endpoints for fleet in each.fleets()]
        for fleet in fleets:
            self._later(fleet.stop)
        for thread in self._threads:
            thread.join()

    def _create(self, call: Call) -> Mapping[str, Any]:
        region, params = self._store.of(call), call.params
        name = params["EndpointName"]
        with self._store.lock:
            region.endpoints.refuse_existing(name)
            config = region.configs.find(params["EndpointConfigName"])
        fleet = self._make_fleet(region, GROUP + name, config)
        with self._store.lock:
            region.endpoints.refuse_existing(name)
            capacity.refuse_excess(region, fleet)
            endpoint = Endpoint(name, region.endpoints.arn(name), params, tags(params), config=config.name)
            endpoint.deployment, endpoint.coming = params.get("DeploymentConfig"), fleet
            region.endpoints.add(endpoint)
        self._later(lambda: self._bring_up(endpoint, fleet))
        return {"EndpointArn": endpoint.arn}

    def _bring_up(self, endpoint: Endpoint, fleet: Fleet) -> None:
        try:
            fleet.start("CreateEndpoint")
        except Unhealthy as error:
            fleet.stop()
            with self._store.lock:
                endpoint.coming = None
                endpoint.become("Failed", str(error))
            return
        with self._store.lock:
            endpoint.fleet, endpoint.coming = fleet, None
            endpoint.become("InService")

    def _describe(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            return descriptions.endpoint(self._store.of(call).endpoints.find(call.params["EndpointName"]))

    def _list(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            found = lists.select(self._store.of(call).endpoints, call.params)
            shown = [descriptions.summary(each) for each in found]
        return lists.page("Endpoints", shown, call.params)

    def _update(self, call: Call) -> Mapping[str, Any]:
        region, params = self._store.of(call), call.params
        with self._store.lock:
            endpoint = _settled(region, params["EndpointName"])
            config = region.configs.find(params["EndpointConfigName"])
            _refuse_serverless(endpoint, config)
        fleet = self._make_fleet(region, GROUP + endpoint.name, config)
        with self._store.lock:
            endpoint = _settled(region, params["EndpointName"])
            if params.get("RetainAllVariantProperties"):
                _retain(endpoint, fleet, params)
            capacity.refuse_excess(region, fleet)
            if not params.get("RetainDeploymentConfig"):
                endpoint.deployment = params.get("DeploymentConfig")
            endpoint.coming = fleet
            endpoint.become("Updating")
        self._later(lambda: self._replace(endpoint, fleet))
        return {"EndpointArn": endpoint.arn}

    def _replace(self, endpoint: Endpoint, fleet: Fleet) -> None:
        """The new fleet first; if it does not come up the old one stays, which AWS tells by nothing but a reason."""
        try:
            fleet.start("UpdateEndpoint")
        except Unhealthy as error:
            with self._store.lock:
                endpoint.become("RollingBack", str(error))
            fleet.stop()
            with self._store.lock:
                endpoint.coming = None
                endpoint.become("InService", str(error))
            return
        with self._store.lock:
            old, endpoint.fleet = endpoint.fleet, fleet
        if old is not None:
            old.drain()
            old.stop()
        with self._store.lock:
            endpoint.config, endpoint.coming = fleet.config.name, None
            endpoint.become("InService")

    def _resize(self, call: Call) -> Mapping[str, Any]:
        region, params = self._store.of(call), call.params
        with self._store.lock:
            endpoint = _settled(region, params["EndpointName"])
            capacity.refuse_growth(region, endpoint, params["DesiredWeightsAndCapacities"])
            for wish in params["DesiredWeightsAndCapacities"]:
                variant = capacity.variant(endpoint, wish["VariantName"])
                variant.desired_weight = wish.get("DesiredWeight", variant.desired_weight)
                variant.desired_count = wish.get("DesiredInstanceCount", variant.desired_count)
            endpoint.become("Updating")
        self._later(lambda: self._resized(endpoint))
        return {"EndpointArn": endpoint.arn}

    def _resized(self, endpoint: Endpoint) -> None:
        with self._store.lock:
            if endpoint.fleet is not None:
                endpoint.fleet.resize()
            endpoint.become("InService")

    def _delete(self, call: Call) -> Mapping[str, Any]:
        region, name = self._store.of(call), call.params["EndpointName"]
        with self._store.lock:
            endpoint = _settled(region, name, failed_too=True)
            endpoint.become("Deleting")
        self._later(lambda: self._remove(region, endpoint))
        return {}

    def _remove(self, region: Region[Endpoint], endpoint: Endpoint) -> None:
        for fleet in endpoint.fleets():
            fleet.stop()
        with self._store.lock:
            region.endpoints.remove(endpoint.name)

    def _later(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, name="hosting", daemon=True)
        with self._store.lock:
            self._threads = [*(each for each in self._threads if each.is_alive()), thread]
            thread.start()


def _settled(region: Region[Endpoint], name: str, *, failed_too: bool = False) -> Endpoint:
    """The endpoint, if nothing is in progress there; a failed one can only be deleted."""
    endpoint = region.endpoints.find(name)
    if endpoint.status in BUSY:
        raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if endpoint.status == "Failed" and not failed_too:
        raise invalid(f'Cannot update failed endpoint "{endpoint.arn}".')
    return endpoint


def _refuse_serverless(endpoint: Endpoint, config: Record) -> None:
    now_serverless = any("ServerlessConfig" in each for each in config.request["ProductionVariants"])
    was_instances = endpoint.fleet and not any("ServerlessConfig" in each.settings for each in endpoint.fleet.variants)
    if now_serverless and was_instances:
        raise invalid(f'Cannot update endpoint "{endpoint.arn}" from instances to serverless.')


def _retain(endpoint: Endpoint, fleet: Fleet, params: Mapping[str, Any]) -> None:
    """Instance counts and weights stay as they are, unless excluded."""
    excluded = {each["VariantPropertyType"] for each in params.get("ExcludeRetainedVariantProperties") or ()}
    before = {each.name: each for each in (endpoint.fleet.variants if endpoint.fleet else ())}
    for variant in fleet.variants:
        if (old := before.get(variant.name)) is None:
            continue
        if "DesiredWeight" not in excluded:
            variant.weight = variant.desired_weight = old.desired_weight
        if "DesiredInstanceCount" not in excluded and old.desired_count is not None and variant.count is not None:
            variant.count = variant.desired_count = old.desired_count
