"""What the figures of one rate say of its p99: that it is met, missed or not clear, at a stated confidence.

"p99 within T" is the same as "at most one request in a hundred takes longer than T", so what is judged is a share, by
the one-sided bounds of Clopper and Pearson. They take requests for independent, which those that wait in one queue are
not quite; that is why the rate that is found in the end is asked a second time, for longer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

ALLOWED = 0.01  # of all requests may take longer: this makes it the 99th percentile
CONFIDENCE = 0.95
FEWEST = math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - ALLOWED))  # 299: fewer cannot show it, even if all are quick
BUSY = 0.9  # of a CPU, from which on a sender is its own bottleneck
LAG = 0.25  # of the target, by which a sender may be late itself before its figures say more of it than of the server

Verdict = Literal["met", "missed", "unclear"]
Cause = Literal["target", "errors", "throttled", "client"]


@dataclass(frozen=True)
class Aim:
    """What is wanted: answers within `seconds`, for 99 requests in 100."""

    seconds: float

    def verdict(self, requests: int, over: int) -> Verdict:
        """What `over` of `requests` that took longer, or failed, say."""
        if requests and highest_share(requests, over) <= ALLOWED:
            return "met"
        return "missed" if lowest_share(requests, over) > ALLOWED else "unclear"


def highest_share(requests: int, over: int) -> float:
    """The upper bound of the share, of which `over` in `requests` were seen."""
    from scipy.special import betaincinv

    return 1.0 if over >= requests else float(betaincinv(over + 1, requests - over, CONFIDENCE))


def lowest_share(requests: int, over: int) -> float:
    """The lower bound of the share, of which `over` in `requests` were seen."""
    from scipy.special import betaincinv

    return 0.0 if over == 0 else float(betaincinv(over, requests - over + 1, 1 - CONFIDENCE))


def hopeless(requests: int) -> int:
    """How many of `requests` have to be too slow for all of them together to have missed, whatever the others do."""
    over = max(1, math.floor(requests * ALLOWED))
    while lowest_share(requests, over) <= ALLOWED:
        over += 1
    return over


@dataclass(frozen=True)
class Step:
    """What came of one rate. Latencies count from when a request was due, so a wait for the client is in them too."""

    aim: Aim
    rate: float
    latencies: Sequence[float]
    """Seconds, of every request that was answered properly."""
    errors: Mapping[str, int] = field(default_factory=dict)
    """How often which failure: "throttled", "timeout", "connection", "http 500", ..."""
    seconds: float = 0.0
    lag: float = 0.0
    """Seconds that one request in a hundred was sent late by, though nothing but the client kept it."""
    busy: float = 0.0
    """Share of a CPU that the busiest sender used."""

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    @property
    def throttled(self) -> int:
        return self.errors.get("throttled", 0)

    @property
    def requests(self) -> int:
        return len(self.latencies) + self.failed

    @property
    def over(self) -> int:
        """Requests that took longer than wanted, or failed."""
        return self.failed + sum(1 for each in self.latencies if each > self.aim.seconds)

    @property
    def verdict(self) -> Verdict:
        return self.aim.verdict(self.requests, self.over)

    @property
    def seems_met(self) -> bool:
        """Whether what was seen is within the aim, be it enough to show it or not."""
        return self.over <= self.requests * ALLOWED

    @property
    def cause(self) -> Cause:
        """What kept this rate from more, if it was missed."""
        if self.throttled:
            return "throttled"
        if self.failed > self.requests * ALLOWED:
            return "errors"
        return "client" if self.client_was_the_limit else "target"

    @property
    def client_was_the_limit(self) -> bool:
        return self.busy >= BUSY or self.lag > self.aim.seconds * LAG

    def percentile(self, share: float) -> float | None:
        """The latency in seconds that `share` per cent of the answers did not exceed; None without any."""
        import numpy as np

        if not self.latencies:
            return None
        return float(np.percentile(np.asarray(self.latencies), share, method="inverted_cdf"))

    def with_more(self, other: Step) -> Step:
        """Both together, of the same rate."""
        kinds = {*self.errors, *other.errors}
        return Step(
            self.aim,
            self.rate,
            [*self.latencies, *other.latencies],
            {kind: self.errors.get(kind, 0) + other.errors.get(kind, 0) for kind in kinds},
            self.seconds + other.seconds,
            max(self.lag, other.lag),
            max(self.busy, other.busy),
        )

    def as_dict(self) -> dict[str, Any]:
        """A member of `steps` in the result of `load-test --json`."""
        return {
            "rate": round(self.rate, 2),
            "requests": self.requests,
            "seconds": round(self.seconds, 2),
            "p50_ms": in_ms(self.percentile(50)),
            "p99_ms": in_ms(self.percentile(99)),
            "over": self.over,
            "errors": dict(self.errors),
            "client_lag_ms": in_ms(self.lag),
            "client_cpu": round(self.busy, 2),
            "verdict": self.verdict,
        }


def in_ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)
