"""InvokeEndpoint: passes a request to a variant's server as it is, and its answer back as it is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from time import monotonic
from typing import Any

from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.hosting import capacity
from sentiment_cli.sandbox.hosting.endpoints import GROUP, Endpoint
from sentiment_cli.sandbox.hosting.fleets import Variant
from sentiment_cli.sandbox.hosting.metrics import Meter
from sentiment_cli.sandbox.hosting.records import Region, Store

MEGABYTE = 1024 * 1024
INSTANCE_BYTES = 25 * MEGABYTE
SERVERLESS_BYTES = 4 * MEGABYTE
SECONDS = 60.0
CONNECT_SECONDS = 5.0  # AWS gives a quarter of a second, but not to a laptop
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class Invoking:
    """The operations of sagemaker-runtime."""

    def __init__(self, store: Store[Endpoint]) -> None:
        import httpx

        self._store = store
        self._meter = Meter()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._http = httpx.Client(limits=limits, trust_env=False, follow_redirects=False)

    def handlers(self) -> dict[str, Handler]:
        return {"InvokeEndpoint": self._invoke}

    def close(self) -> None:
        self._http.close()

    def _invoke(self, call: Call) -> Mapping[str, Any]:
        began = monotonic()
        region, params = self._store.of(call), call.params
        endpoint, variant = self._serving(region, params)
        body = params.get("Body") or b""
        most = SERVERLESS_BYTES if variant.count is None else INSTANCE_BYTES
        if len(body) > most:
            raise Fault("413", f"HTTP content length exceeded {most} bytes.", 413)
        asked = monotonic()
        status, headers, content = self._ask(variant, body, _headers(params))
        done = monotonic()
        self._meter.record(region, (endpoint.name, variant.name), status, done - asked, done - began)
        if not 200 <= status < 400:
            raise _model_error(region, endpoint, variant, status, content)
        if len(content) > most:
            raise _model_error(region, endpoint, variant, 0, f"The answer exceeded {most} bytes.".encode())
        answer = {"Body": content, "InvokedProductionVariant": variant.name}
        given = {"ContentType": headers.get("Content-Type"), "CustomAttributes": headers.get(ATTRIBUTES)}
        return answer | {key: value for key, value in given.items() if value is not None}

    def _serving(self, region: Region[Endpoint], params: Mapping[str, Any]) -> tuple[Endpoint, Variant]:
        name = params["EndpointName"]
        with self._store.lock:
            endpoint = next((each for each in region.endpoints if each.name.lower() == name.lower()), None)
            if endpoint is None or endpoint.fleet is None or endpoint.status == "Deleting":
                raise Fault("ValidationError", f"Endpoint {name} of account {region.account} not found.")
            if target := params.get("TargetVariant"):
                return endpoint, capacity.variant(endpoint, target)
            variants = endpoint.fleet.variants
            weights = [each.weight for each in variants]
            # Nothing of it is a secret.
            return endpoint, random.choices(variants, weights if any(weights) else None)[0]  # noqa: S311

    def _ask(self, variant: Variant, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        import httpx

        url = variant.instance.url() if variant.instance else None
        if url is None:
            raise Fault("ServiceUnavailable", "The service is currently unavailable.", 503)
        patience = httpx.Timeout(SECONDS, connect=CONNECT_SECONDS)
        try:
            answer = self._http.post(f"{url}/invocations", content=body, headers=headers, timeout=patience)
        except httpx.TimeoutException:
            return 0, {}, (
                b"Your invocation timed out while waiting for a response from container primary. Review the latency "
                b"metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
            )  # fmt: skip
        except httpx.HTTPError:
            return 502, {}, b"The container closed the connection."
        return answer.status_code, answer.headers, answer.content


def _headers(params: Mapping[str, Any]) -> dict[str, str]:
    given = {
        "Content-Type": params.get("ContentType"),
        "Accept": params.get("Accept"),
        ATTRIBUTES: params.get("CustomAttributes"),
    }
    return {"Accept-Encoding": "identity", **{key: value for key, value in given.items() if value is not None}}


def _model_error(region: Region[Endpoint], endpoint: Endpoint, variant: Variant, status: int, content: bytes) -> Fault:
    who = "client" if 400 <= status < 500 else "server"
    said, group = content.decode(errors="replace"), GROUP + endpoint.name
    instance = variant.instance.name if variant.instance else ""
    message = (
        f'Received {who} error ({status}) from primary with message "{said}". See '
        f"https://{region.name}.console.aws.amazon.com/cloudwatch/home?region={region.name}#logEventViewer:"
        f"group={group} in account {region.account} for more information."
    )
    stream = f"arn:{region.partition}:logs:{region.name}:{region.account}:log-group:{group}"
    return Fault(
        "ModelError", message, 424, OriginalStatusCode=status, OriginalMessage=said,
        LogStreamArn=f"{stream}:log-stream:{variant.name}/{instance}",
    )  # fmt: skip
