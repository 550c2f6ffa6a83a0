"""A load test for people: what it can cost, the rates that were tried, and what follows from the highest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sentiment_cli.terminal.console import card, table
from sentiment_cli.terminal.fitting import Card, Rows

if TYPE_CHECKING:
    from sentiment_cli.capacity import Found, Hosting, Sizing, Step
    from sentiment_cli.capacity.testing import LoadTest

WHY = {
    "target": "a little more and the p99 is missed",
    "errors": "a little more and requests fail",
    "throttled": "throttled: AWS lets no more through",
    "client": "this machine can send no more: the server may bear more",
    "bounds": "the bounds ended the test: it may bear more (--duration, --max-requests)",
    "unmet": "no rate met the target",
}
SAME_MACHINE = {"client": "client and server share this machine, which can do no more"}


def price_of(test: LoadTest) -> str:
    """What a test costs, said before it."""
    hosting = test.subject.hosting
    if not test.subject.billed:
        return "Nothing is billed: it is on this machine."
    dollars = f"They cost at most {_usd(test.most_usd())}"
    if hosting.kind == "serverless":
        return f"{dollars}."
    hourly = hosting.usd_per_hour
    price = f"${hourly * hosting.instances:.3f} an hour" if hourly else "by the hour"
    return f"{dollars}; the endpoint itself bills {price} with and without them, and more if it scales out by itself."


def step_line(step: Step) -> str:
    """One rate, as soon as it was tried."""
    failed = f", {failures(step)}" if step.failed else ""
    return f"  {step.rate:,.1f} a second: p99 {_ms(step.percentile(99))}{failed}: {step.verdict}"


def steps_table(steps: Sequence[Step]) -> Rows:
    """A row a look."""
    columns = ("requests/s", "sent", "p50", "p99", "failed", "client late", "")
    rows = [
        (
            f"{each.rate:,.1f}", f"{each.requests:,}", _ms(each.percentile(50)), _ms(each.percentile(99)),
            failures(each), _ms(each.lag), each.verdict,
        )
        for each in steps
    ]  # fmt: skip
    return table(columns, rows, right=range(6))


def capacity_card(test: LoadTest, found: Found) -> Card:
    """The result."""
    wanted, sizing = test.wanted, test.sizing(found)
    goal = f"p99 within {wanted.aim.seconds * 1000:g} ms"
    rows = [
        ("highest rate", f"{found.rate:,.1f} requests a second, {goal}{_sureness(found)}"),
        ("limit", _why(test, found)),
    ]
    if found.limit == "throttled":
        rows += _behind_throttling(test)
    if sizing:
        rows += _sized(test.subject.hosting, sizing, test)
    if test.subject.here:
        rows.append(("mind", "client and server shared this machine's CPUs: alone, the server bears more"))
    return card(f"Capacity of {test.subject.title}", rows)


def _behind_throttling(test: LoadTest) -> list[tuple[str, str]]:
    """Where the limit is changed, and that no instance was measured; a serverless endpoint has none."""
    subject, rows = test.subject, []
    if subject.throttle:
        places = " and of ".join(subject.throttle.places)
        console = f"API Gateway's console, throttling of {places}"
        rows.append(("to change it", f"{console}; the next `deploy` sets it back"))
    if subject.hosting.kind == "realtime":
        unknown = "not known, nor what follows from it: an instance may bear more than is let through"
        rows.append(("per instance", unknown))
        if subject.direct:
            rows.append(("measure it", direct(test)))
    return rows


def throttling(test: LoadTest) -> str:
    """What lets no more through; empty where that is not known."""
    throttle = test.subject.throttle
    return f"the {throttle.title} lets {throttle.rate:,g} a second through" if throttle else ""


def direct(test: LoadTest) -> str:
    """The command that asks the same of what is behind the throttle."""
    wanted = test.wanted
    batch = f" --batch {wanted.batch}" if wanted.batch > 1 else ""
    rate = f" --rate {wanted.rate:.12g}" if wanted.rate is not None else ""
    return f"{test.subject.direct} --p99 {wanted.aim.seconds * 1000:.12g}{batch}{rate}"


def _sized(hosting: Hosting, sizing: Sizing, test: LoadTest) -> list[tuple[str, str]]:
    rows = []
    wanted, kind = test.wanted, hosting.instance_type or "instance"
    if sizing.per_instance is not None:
        on = (
            f" (as if this machine were one {kind})"
            if test.subject.target == "local"
            else f" ({hosting.instances} x {kind})"
        )
        rows.append(("per instance", f"{sizing.per_instance:,.1f} requests a second{on}"))
    if sizing.usd_per_million is not None:
        price = f"{_usd(sizing.usd_per_million)} per million predictions at that rate"
        if sizing.per_instance is not None and sizing.usd_per_million_at_target is not None:
            price += f", {_usd(sizing.usd_per_million_at_target)} at {wanted.factor:.0%} of it"
        rows.append(("price", price))
    if sizing.instances is not None:
        monthly = f", ${sizing.usd_per_month:,.0f} a month" if sizing.usd_per_month is not None else ""
        instances = f"{sizing.instances} instance{'' if sizing.instances == 1 else 's'} at {wanted.factor:.0%}{monthly}"
        rows.append((f"for {wanted.rate:,g}/s", f"{instances}; {sizing.instances_at_most} without anything to spare"))
    if hosting.kind == "serverless" and sizing.at_once is not None:
        rows.append((f"for {wanted.rate:,g}/s", f"a concurrency of {sizing.at_once} or more"))
    if sizing.autoscaling_target is not None:
        note = "; ml.t2 types cannot scale by themselves" if kind.startswith("ml.t2.") else ""
        rows.append(("autoscaling", f"{sizing.autoscaling_target:,.0f} invocations per instance per minute{note}"))
    return rows


def _sureness(found: Found) -> str:
    return (
        ", confirmed by a second, longer look"
        if found.confirmed
        else ", not confirmed (it takes a longer test: --duration)"
    )


def _why(test: LoadTest, found: Found) -> str:
    if found.limit == "throttled" and test.subject.throttle:
        return f"throttled: {throttling(test)}"
    return (SAME_MACHINE if test.subject.here else {}).get(found.limit) or WHY[found.limit]


def failures(step: Step) -> str:
    """How many of which kind."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(step.errors.items()))


def _ms(seconds: float | None) -> str:
    return "none" if seconds is None else f"{seconds * 1000:,.1f} ms"


def _usd(amount: float) -> str:
    """Never less than it is: a bound that is rounded down is none."""
    digits = 2 if amount >= 1 else 4
    return f"${math.ceil(round(amount * 10**digits, 6)) / 10**digits:,.{digits}f}"
