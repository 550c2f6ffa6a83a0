"""How many instances an account hosts, and AWS's refusal of more than its quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.hosting.fleets import Fleet
from sentiment_cli.sandbox.hosting.records import Region, invalid
from sentiment_cli.sandbox.hosting.variants import Variant
from sentiment_cli.sandbox.quotas import limits

if TYPE_CHECKING:
    from sentiment_cli.sandbox.hosting.endpoints import Endpoint


def refuse_excess(region: Region[Endpoint], fleet: Fleet) -> None:
    """Raises ResourceLimitExceeded where a new fleet, beside all that runs, would be too much."""
    delta: Counter[str] = Counter()
    for kind, count in _instances(fleet):
        delta[kind] += count
    _refuse(region, delta)


def refuse_growth(region: Region[Endpoint], endpoint: Endpoint, wishes: Sequence[Mapping[str, Any]]) -> None:
    """The same for instances that are added to a running fleet."""
    delta: Counter[str] = Counter()
    for wish in wishes:
        found = variant(endpoint, wish["VariantName"])
        if found.count is not None and "DesiredInstanceCount" in wish:
            delta[found.settings["InstanceType"]] += wish["DesiredInstanceCount"] - found.count
    _refuse(region, delta)


def variant(endpoint: Endpoint, name: str) -> Variant:
    """A variant that serves; raises AWS's error if there is none of that name."""
    for each in endpoint.fleet.variants if endpoint.fleet else ():
        if each.name == name:
            return each
    raise invalid(f'Could not find variant {name} of endpoint "{endpoint.arn}".')


def _refuse(region: Region[Endpoint], delta: Counter[str]) -> None:
    used: Counter[str] = Counter()
    for endpoint in region.endpoints:
        for fleet in endpoint.fleets():
            for kind, count in _instances(fleet):
                used[kind] += count
    for kind, more in delta.items():
        most = limits(region.account, region.name)[kind]
        if more > 0 and used[kind] + more > most:
            raise Fault("ResourceLimitExceeded", _text(kind, most, used[kind], more))


def _instances(fleet: Fleet) -> list[tuple[str, int]]:
    return [(each.settings["InstanceType"], each.count) for each in fleet.variants if each.count is not None]


def _text(kind: str, most: int, used: int, more: int) -> str:
    return (
        f"The account-level service limit '{kind} for endpoint usage' is {most} Instances, with current utilization of "
        f"{used} Instances and a request delta of {more} Instances. Please use AWS Service Quotas to request an "
        "increase for this quota. If AWS Service Quotas is not available, contact AWS support to request an increase "
        "for this quota."
    )
