"""InvokeEndpoint: passes a request to a variant's server as it is, and its answer back as it is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.hosting import capacity
from sentiment_cli.sandbox.hosting.endpoints import GROUP, Endpoint
from sentiment_cli.sandbox.hosting.fleets import Fleet
from sentiment_cli.sandbox.hosting.metrics import Meter, Place
from sentiment_cli.sandbox.hosting.records import Region, Store
from sentiment_cli.sandbox.hosting.requests import ATTRIBUTES, Answer, Requests
from sentiment_cli.sandbox.hosting.variants import Variant

MEGABYTE = 1024 * 1024
INSTANCE_BYTES = 25 * MEGABYTE
SERVERLESS_BYTES = 4 * MEGABYTE
NOT_OFFERED = ("InvokeEndpointAsync", "InvokeEndpointWithResponseStream")  # moto would make an answer up


class Target(NamedTuple):
    """Who answers an invocation."""

    region: Region[Endpoint]
    endpoint: str
    fleet: Fleet
    variant: Variant

    @property
    def most(self) -> int:
        """Bytes of a request, and of an answer."""
        return SERVERLESS_BYTES if self.variant.count is None else INSTANCE_BYTES


class Invoking:
    """The operations of sagemaker-runtime."""

    def __init__(self, store: Store[Endpoint]) -> None:
        self._store = store
        self._meter = Meter()
        self._requests = Requests()

    def handlers(self) -> dict[str, Handler]:
        return {"InvokeEndpoint": self._invoke, **dict.fromkeys(NOT_OFFERED, _refuse)}

    def close(self) -> None:
        self._requests.close()

    def _invoke(self, call: Call) -> Mapping[str, Any]:
        began = monotonic()
        target = self._choose(self._store.of(call), call.params)
        try:
            if len(call.params.get("Body") or b"") > target.most:
                raise Fault("413", f"HTTP content length exceeded {target.most} bytes.", 413)
            answer = self._ask(target, call.params, began)
        finally:
            target.fleet.end()
        given = {"ContentType": answer.headers.get("Content-Type"), "CustomAttributes": answer.headers.get(ATTRIBUTES)}
        return {
            "Body": answer.content,
            "InvokedProductionVariant": target.variant.name,
            **{key: value for key, value in given.items() if value is not None},
        }

    def _choose(self, region: Region[Endpoint], params: Mapping[str, Any]) -> Target:
        """The target, which does not end before `fleet.end` is called."""
        name = params["EndpointName"]
        with self._store.lock:
            found = next((each for each in region.endpoints if each.name.lower() == name.lower()), None)
            if found is None or found.fleet is None or found.status == "Deleting":
                raise Fault("ValidationError", f"Endpoint {name} of account {region.account} not found.")
            target = Target(region, found.name, found.fleet, _variant(found, found.fleet, params.get("TargetVariant")))
            target.fleet.begin()
        return target

    def _ask(self, target: Target, params: Mapping[str, Any], began: float) -> Answer:
        url = target.variant.instance.url() if target.variant.instance else None
        if url is None:
            raise Fault("ServiceUnavailable", "The service is currently unavailable.", 503)
        asked = monotonic()
        answer = self._requests.send(url, params)
        done = monotonic()
        place = Place(target.endpoint, target.variant.name, target.variant.role)
        self._meter.record(target.region, place, answer.status, done - asked, done - began)
        if not 200 <= answer.status < 400:
            raise _model_error(target, answer.status, answer.content)
        if len(answer.content) > target.most:
            raise _model_error(target, 0, f"The answer exceeded {target.most} bytes.".encode())
        return answer


def _refuse(call: Call) -> Mapping[str, Any]:
    raise NotImplementedError(call.operation)


def _variant(endpoint: Endpoint, fleet: Fleet, wanted: str | None) -> Variant:
    """The variant asked for, or one by weight."""
    if wanted:
        return capacity.variant(endpoint, wanted)
    weights = [each.weight for each in fleet.variants]
    return random.choices(fleet.variants, weights if any(weights) else None)[0]  # noqa: S311 - nothing secret


def _model_error(target: Target, status: int, content: bytes) -> Fault:
    who = "client" if 400 <= status < 500 else "server"
    region, said, group = target.region, content.decode(errors="replace"), GROUP + target.endpoint
    instance = target.variant.instance.name if target.variant.instance else ""
    message = (
        f'Received {who} error ({status}) from primary with message "{said}". See '
        f"https://{region.name}.console.aws.amazon.com/cloudwatch/home?region={region.name}#logEventViewer:"
        f"group={group} in account {region.account} for more information."
    )
    stream = f"arn:{region.partition}:logs:{region.name}:{region.account}:log-group:{group}"
    return Fault(
        "ModelError", message, 424, OriginalStatusCode=status, OriginalMessage=said,
        LogStreamArn=f"{stream}:log-stream:{target.variant.name}/{instance}",
    )  # fmt: skip
