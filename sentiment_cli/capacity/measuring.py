"""Measures one rate at a server over HTTP: open loop, so a slow answer does not keep later requests from being sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sentiment_cli.capacity.arrivals import Pattern, moments
from sentiment_cli.capacity.statistics import Aim, Step, hopeless
from sentiment_cli.clients.load import Senders
from sentiment_cli.clients.sender import Outcome, Request

WARM_UP_RATE, WARM_UP_SECONDS = 20.0, 1.0
CONNECTIONS = (4, 512)
SHORTEST_TIMEOUT = 5.0  # seconds
FIRST_RATE = (1.0, 500.0)


@dataclass
class Measuring:
    """Callable as the search wants it."""

    senders: Senders
    prepare: Callable[[], Sequence[Request]]
    """Requests that are valid now: signatures are, for some minutes."""
    aim: Aim
    pattern: Pattern = "poisson"
    seed: int = 0
    sent: int = field(default=0, init=False)
    """Requests so far, those of the warm-up too."""
    _looks: int = field(default=0, init=False)

    def __call__(self, rate: float, requests: int) -> Step:
        self._looks += 1
        began = time.monotonic()
        due = moments(self.pattern, rate, requests, self.seed + self._looks)
        outcome = self._send(rate, due, hopeless(requests), self.timeout_of(self.aim))
        return self._step(rate, outcome, time.monotonic() - began)

    def warm_up(self) -> float:
        """Send a few requests that count for nothing; returns a rate that a server as quick as this one should bear."""
        requests = round(WARM_UP_RATE * WARM_UP_SECONDS)
        due = moments("fixed", WARM_UP_RATE, requests, 0)
        usual = self._step(
            WARM_UP_RATE, self._send(WARM_UP_RATE, due, requests, WARM_UP_SECONDS), WARM_UP_SECONDS
        ).percentile(50)
        lowest, highest = FIRST_RATE
        return lowest if not usual else min(highest, max(lowest, 0.5 / usual))

    @staticmethod
    def timeout_of(aim: Aim) -> float:
        """Seconds until an answer is given up."""
        return max(SHORTEST_TIMEOUT, 10 * aim.seconds)

    def connections(self, rate: float) -> int:
        """By Little's law rate times latency are under way at once; twice that, so that none waits for a connection
        while the aim is met."""
        fewest, most = CONNECTIONS
        return min(most, max(fewest, math.ceil(2 * rate * self.aim.seconds)))

    def _send(self, rate: float, due: Sequence[float], patience: int, until: float) -> Outcome:
        outcome = self.senders.send(
            self.prepare(),
            due,
            connections=self.connections(rate),
            timeout=self.timeout_of(self.aim),
            slow=self.aim.seconds,
            patience=patience,
            until=due[-1] + until,
        )
        self.sent += len(outcome.latencies) + outcome.errors.total()
        return outcome

    def _step(self, rate: float, outcome: Outcome, seconds: float) -> Step:
        lags = sorted(outcome.lags)
        lag = lags[int(len(lags) * 0.99)] if lags else 0.0
        return Step(self.aim, rate, outcome.latencies, outcome.errors, seconds, lag, outcome.busy)
