"""From the rate that one deployment bears to instances, prices and AWS's autoscaling target: arithmetic, no more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from sentiment_cli import pricing

# What AWS recommends to begin with, and its formula:
# https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html
SAFETY_FACTOR = 0.5
METRIC = "SageMakerVariantInvocationsPerInstance"


@dataclass(frozen=True)
class Hosting:
    """What answers: so many instances of a type, or a serverless endpoint; behind an API, or asked directly."""

    kind: Literal["realtime", "serverless"]
    instance_type: str | None = None
    instances: int = 1
    memory_mb: int | None = None
    api_memory_mb: int | None = None
    """Memory of the API's function; None where the endpoint is asked directly."""

    @property
    def usd_per_hour(self) -> float | None:
        """Of one instance; None where it is not known, or nothing bills by the hour."""
        known = pricing.instance_type(self.instance_type) if self.instance_type else None
        return known.usd_per_hour if known else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "instance_type": self.instance_type,
            "instances": self.instances if self.kind == "realtime" else None,
            "memory_mb": self.memory_mb,
        }


@dataclass(frozen=True)
class Sizing:
    """What follows from a rate."""

    per_instance: float | None
    """Requests a second; None for a serverless endpoint, which has no instances, and where it was not found."""
    usd_per_million: float | None
    """A million predictions at the highest rate; None where the price is not known."""
    usd_per_million_at_target: float | None
    """The same at the load that the safety factor leaves."""
    autoscaling_target: float | None
    """Invocations per instance per minute."""
    instances: int | None
    """For the rate the user names, at that load."""
    instances_at_most: int | None
    """The same without a safety factor: fewer cannot do it."""
    usd_per_month: float | None
    """What those instances cost."""
    at_once: int | None
    """Requests under way at the rate the user names, by Little's law: a serverless endpoint needs that concurrency."""


def size(
    hosting: Hosting, rate: float | None, *, latency: float, batch: int = 1, wanted: float | None = None,
    factor: float = SAFETY_FACTOR,
) -> Sizing:  # fmt: skip
    """From `rate` requests a second of `batch` texts each, answered in `latency` seconds on average.

    A rate of None is not known to be what the hosting bears: only what follows from the latency is told then.
    """
    by_request = _usd_per_request(hosting, latency)
    at_once = None if wanted is None else max(1, math.ceil(round(wanted * latency, 9)))
    if hosting.kind == "serverless":
        price = by_request * 1e6 / batch
        return Sizing(None, price, price, None, None, None, None, at_once)
    if rate is None:
        return Sizing(None, None, None, None, None, None, None, at_once)
    each = rate / hosting.instances
    hourly = hosting.usd_per_hour
    needed = None if wanted is None else _instances(wanted, each * factor)
    return Sizing(
        per_instance=each,
        usd_per_million=_per_million(hourly, each, by_request, batch),
        usd_per_million_at_target=_per_million(hourly, each * factor, by_request, batch),
        autoscaling_target=each * factor * 60,
        instances=needed,
        instances_at_most=None if wanted is None else _instances(wanted, each),
        usd_per_month=None if needed is None or hourly is None else needed * hourly * pricing.HOURS_PER_MONTH,
        at_once=at_once,
    )


def _instances(wanted: float, each: float) -> int:
    return max(1, math.ceil(round(wanted / each, 9)))


def _per_million(hourly: float | None, rate: float, by_request: float, batch: int) -> float | None:
    return None if hourly is None else (hourly / (rate * 3600) + by_request) * 1e6 / batch


def _usd_per_request(hosting: Hosting, latency: float) -> float:
    """What bills by the request, each of which keeps its machine for `latency` seconds."""
    usd = 0.0
    if hosting.kind == "serverless":
        usd += pricing.serverless_usd_per_1000_requests(hosting.memory_mb or 0, latency) / 1000
    if hosting.api_memory_mb is not None:
        usd += pricing.api_usd(1, hosting.api_memory_mb / 1024 * latency)
    return usd


def most_usd(hosting: Hosting, requests: int, seconds: float, *, at_once: int, longest: float, size: int) -> float:
    """What `requests` of `size` bytes, with the answer, can cost within `seconds` beside what bills by the hour.

    Never more than `at_once` of them are under way, and none for more than `longest` seconds.
    """
    busy = min(requests * longest, at_once * (seconds + longest))
    usd = requests * size / 1e9 * pricing.HOSTING_USD_PER_GB
    if hosting.kind == "serverless":
        usd += busy * (hosting.memory_mb or 0) / 1024 * pricing.SERVERLESS_USD_PER_GB_SECOND
    if hosting.api_memory_mb is not None:
        usd += pricing.api_usd(requests, busy * hosting.api_memory_mb / 1024)
    return usd
