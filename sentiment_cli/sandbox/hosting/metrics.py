"""The numbers that SageMaker keeps of every endpoint, for CloudWatch; they get there about a second later.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from threading import Lock, Timer
from typing import Any, NamedTuple

from sentiment_cli.sandbox.hosting import execution
from sentiment_cli.sandbox.hosting.records import Region, now
from sentiment_cli.sandbox.taken import Taken

NAMESPACE = "AWS/SageMaker"
FLUSH_SECONDS = 1.0


class Place(NamedTuple):
    """Which variant of which endpoint; it writes its numbers with its model's role."""

    endpoint: str
    variant: str
    role: Taken


@dataclass
class Sum:
    """Many values of a metric as one."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least, self.most = min(self.least, value), max(self.most, value)


class Meter:
    """Counts invocations; CloudWatch is told sums, since a value for each would fill the memory."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sums: dict[tuple[Region[Any], Place], dict[str, Sum]] = {}
        self._timer: Timer | None = None

    def record(self, region: Region[Any], place: Place, status: int, model_seconds: float, seconds: float) -> None:
        """One invocation: the status of the server, 0 for none, and the time spent in it and altogether."""
        values = {
            "Invocations": 1.0,
            "InvocationsPerInstance": 1.0,
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(status >= 500 or not status),
            "InvocationModelErrors": float(status >= 400 or not status),
            "ModelLatency": model_seconds * 1e6,
            "OverheadLatency": (seconds - model_seconds) * 1e6,
        }
        with self._lock:
            sums = self._sums.setdefault((region, place), defaultdict(Sum))
            for name, value in values.items():
                sums[name].add(value)
            if self._timer is None:
                self._timer = Timer(FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Tell CloudWatch."""
        with self._lock:
            taken, self._sums, self._timer = self._sums, {}, None
        for (region, place), sums in taken.items():
            execution.write_metrics(
                region, place.role, NAMESPACE, [_datum(place, name, each) for name, each in sums.items()]
            )


def _datum(place: Place, name: str, values: Sum) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Timestamp": now().replace(tzinfo=None),  # moto compares with times that name no zone
        "Unit": "Microseconds" if name.endswith("Latency") else "Count",
        "Dimensions": [
            {"Name": "EndpointName", "Value": place.endpoint},
            {"Name": "VariantName", "Value": place.variant},
        ],
        "StatisticValues": {
            "SampleCount": values.count,
            "Sum": values.total,
            "Minimum": values.least,
            "Maximum": values.most,
        },
    }
