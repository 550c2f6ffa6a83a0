"""How a stage is: what there is, which version serves, how it does, and what it has cost so far; it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment import spending, teardown
from sentiment_cli.deployment.planner import Cost, cost_of
from sentiment_cli.resources import Existing, endpoint, endpoint_config, expiry
from sentiment_cli.resources import api as apis
from sentiment_cli.resources.endpoint_config import VARIANT, EndpointConfig
from sentiment_cli.resources.model import Model
from sentiment_cli.resources.names import Names

HOURS = 24
PERIOD = 3600  # seconds of one CloudWatch figure
# name of the figure -> (CloudWatch's metric, statistic, factor); latencies come in microseconds
METRICS = {
    "invocations": ("Invocations", "Sum", 1.0),
    "errors_4xx": ("Invocation4XXErrors", "Sum", 1.0),
    "errors_5xx": ("Invocation5XXErrors", "Sum", 1.0),
    "latency_ms": ("ModelLatency", "Average", 0.001),
}


@dataclass(frozen=True)
class Status:
    """A stage as it is now. `endpoint` and `api` are None where there is none."""

    names: Names
    endpoint: Mapping[str, Any] | None
    api: Mapping[str, Any] | None
    expires: datetime | None
    """When AWS deletes the endpoint by itself; None if it does not."""
    version: str
    resources: tuple[Existing, ...]
    cost: Cost
    spent: float | None
    """US dollars since the endpoint was created, by what it ran on and as far as that bills by the hour; None where a
    price is not known, or nothing did."""
    metrics: Mapping[str, float | None]
    """Of the last 24 hours."""

    def as_dict(self) -> dict[str, Any]:
        """The result of `status --json`."""
        return {
            "stage": self.names.stage,
            "endpoint": self.endpoint,
            "api": self.api,
            "expires": self.expires and _moment(self.expires),
            "version": self.version,
            "resources": [_as_dict(each) for each in self.resources],
            "cost": {**self.cost.as_dict(), "spent_usd": self.spent},
            "metrics": dict(self.metrics),
        }


def look(aws: Aws, names: Names) -> Status:
    """Ask AWS for all of it."""
    with translated(f"look at {names.prefix}"), ThreadPoolExecutor() as pool:
        looking, listing = pool.submit(_api, aws, names), pool.submit(teardown.inventory, aws, names)
        found = endpoint.describe(aws, names.endpoint)
        config = endpoint_config.as_it_is(aws, names, str(found["EndpointConfigName"])) if found else None
        metrics = _metrics(aws, names) if found else {}
        there = listing.result()
        end = expiry.seen(aws, names) if any(each.kind == expiry.Expiry.kind for each in there) else None
        spent = _spent(aws, names, found, config, there) if found and config else None
    cost = cost_of(config) if config else Cost(0.0, 0.0, "nothing bills by the hour")
    return Status(
        names=names,
        endpoint=_endpoint(found, config) if found and config else None,
        api=looking.result(),
        expires=expiry.moment(end) if end else None,
        version=config.name.removeprefix(f"{names.prefix}-") if config else "",
        resources=tuple(_in_use(each, config) for each in there),
        cost=cost,
        spent=spent,
        metrics=metrics,
    )


def _api(aws: Aws, names: Names) -> dict[str, Any] | None:
    url = apis.url_of(aws, names)
    return {"url": url, "auth": apis.auth_of(aws, names)} if url else None


def _in_use(found: Existing, config: EndpointConfig | None) -> Existing:
    """A version's parts say whether they serve."""
    if found.kind not in (EndpointConfig.kind, Model.kind):
        return found
    serves = config is not None and found.name in (config.name, config.model)
    return replace(found, state="serves" if serves else "not in use")


def _as_dict(found: Existing) -> dict[str, Any]:
    since = found.since and _moment(found.since)
    return {"resource": found.kind, "name": found.name, "state": found.state, "since": since}


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")


def _endpoint(found: Mapping[str, Any], config: EndpointConfig) -> dict[str, Any]:
    return {
        "name": found["EndpointName"],
        "status": found["EndpointStatus"],
        "reason": found.get("FailureReason"),
        "hardware": config.hardware,
        "model": config.model,
        "created": _moment(found["CreationTime"]),
        "changed": _moment(found["LastModifiedTime"]),
    }


def _spent(
    aws: Aws, names: Names, found: Mapping[str, Any], serving: EndpointConfig, there: Sequence[Existing]
) -> float | None:
    made = []
    for each in there:
        if each.kind == EndpointConfig.kind and each.since:
            is_it = each.name == serving.name
            config = serving if is_it else endpoint_config.as_it_is(aws, names, each.name)
            made.append((each.since, cost_of(config).hourly))
    now = datetime.now(UTC)
    return spending.spent(found["CreationTime"], found["LastModifiedTime"], now, cost_of(serving).hourly, made)


def _metrics(aws: Aws, names: Names) -> dict[str, float | None]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html"""
    end = datetime.now(UTC)
    of = [{"Name": "EndpointName", "Value": names.endpoint}, {"Name": "VariantName", "Value": VARIANT}]
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": of},
                "Period": PERIOD, "Stat": statistic,
            },
        }
        for name, (metric, statistic, _) in METRICS.items()
    ]  # fmt: skip
    said = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=end - timedelta(hours=HOURS), EndTime=end
    )
    return {each["Id"]: _figure(each["Id"], each["Values"]) for each in said["MetricDataResults"]}


def _figure(name: str, values: list[float]) -> float | None:
    _, statistic, factor = METRICS[name]
    if not values:
        return 0.0 if statistic == "Sum" else None
    return round(sum(values) * factor / (1 if statistic == "Sum" else len(values)), 3)
