"""Holds a stack against AWS and says, as data, what has to change and what it will cost; it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from sentiment_cli import pricing
from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.session import AT_ONCE, Aws
from sentiment_cli.deployment.stack import Stack, Step
from sentiment_cli.resources import Action, endpoint_config
from sentiment_cli.resources.endpoint import Endpoint
from sentiment_cli.resources.endpoint_config import EndpointConfig


@dataclass(frozen=True)
class Change:
    """What happens to one resource. `found` is what AWS has under its name."""

    step: Step
    action: Action
    reason: str
    found: Any = None

    @property
    def kind(self) -> str:
        return self.step.resource.kind

    @property
    def name(self) -> str:
        return self.step.resource.name

    def as_dict(self) -> dict[str, str]:
        """A row of `changes` in the JSON result."""
        return {"resource": self.kind, "name": self.name, "action": self.action, "reason": self.reason}


@dataclass(frozen=True)
class Cost:
    """US dollars. `hourly` and `monthly` are what exists bills, used or not; None where the price is not known."""

    hourly: float | None
    monthly: float | None
    source: str

    def as_dict(self) -> dict[str, Any]:
        """The `cost` of the JSON result."""
        return {"hourly_usd": self.hourly, "monthly_usd": self.monthly, "source": self.source}


@dataclass(frozen=True)
class Plan:
    """Every resource of a stack with what will happen to it, in order."""

    stack: Stack
    changes: tuple[Change, ...]
    cost: Cost
    before: EndpointConfig | None = None
    """What the endpoint runs on now, where that is something else than it will be."""

    @property
    def todo(self) -> list[Change]:
        """What is not kept."""
        return [change for change in self.changes if change.action != "keep"]

    def as_dict(self) -> dict[str, Any]:
        """The result of `plan --json`."""
        names = self.stack.names
        return {
            "stage": names.stage,
            "region": names.region,
            "account": names.account,
            "changes": [change.as_dict() for change in self.changes],
            "cost": {**self.cost.as_dict(), "before": cost_of(self.before).as_dict() if self.before else None},
        }


def plan(aws: Aws, stack: Stack) -> Plan:
    """Ask AWS for every resource of `stack`, several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        changes = tuple(pool.map(lambda step: _change(aws, step), stack.steps))
    before = _other_hardware(aws, stack, changes)
    if before is not None:
        changes = tuple(_with_hardware(each, before) for each in changes)
    return Plan(stack, changes, cost_of(stack.config), before)


def _other_hardware(aws: Aws, stack: Stack, changes: Sequence[Change]) -> EndpointConfig | None:
    """What the endpoint runs on, if an update or a replacement will change that."""
    found = next((each.found for each in changes if each.kind == Endpoint.kind and each.action != "keep"), None)
    if not found or found["EndpointConfigName"] == stack.config.name:
        return None
    with translated("look at what the endpoint runs on"):
        before = endpoint_config.as_it_is(aws, stack.names, found["EndpointConfigName"])
    return before if before.model and before.hardware != stack.config.hardware else None


def _with_hardware(change: Change, before: EndpointConfig) -> Change:
    if change.kind != Endpoint.kind:
        return change
    return replace(change, reason=f"{change.reason}; it runs on {before.hardware} now")


def _change(aws: Aws, step: Step) -> Change:
    resource = step.resource
    with translated(f"look for the {resource.kind} {resource.name}"):
        found = resource.describe(aws)
        if found is None:
            return Change(step, "create", step.reason)
        decision = resource.compare(found)
    return Change(step, decision.action, decision.reason, found)


def price(cost: Cost) -> str:
    """In words, without what it is for: "$0.056 an hour, $41 a month"."""
    return f"${cost.hourly:.3f} an hour, ${cost.monthly:.0f} a month" if cost.hourly else cost.source


def cost_of(config: EndpointConfig) -> Cost:
    """What an endpoint of this configuration costs for as long as it exists."""
    if config.hosting == "serverless":
        request = pricing.serverless_usd_per_1000_requests(config.memory_mb)
        return Cost(0.0, 0.0, f"serverless: nothing while idle, about ${request:.3f} per 1,000 requests of 0.1 s")
    known = pricing.instance_type(config.instance_type)
    if known is None:
        return Cost(None, None, f"the price of {config.instance_type} is not known here")
    hourly = round(known.usd_per_hour * config.instance_count, 4)
    source = f"{'list' if known.listed else 'estimated'} price of {pricing.PRICE_REGION}"
    return Cost(hourly, round(hourly * pricing.HOURS_PER_MONTH, 2), source)
