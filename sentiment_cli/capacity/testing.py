"""A whole load test of a subject: texts become requests, a warm-up, the search, and the result as one object."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sentiment_cli.capacity.arrivals import Pattern
from sentiment_cli.capacity.measuring import CONNECTIONS, Measuring
from sentiment_cli.capacity.search import Bounds, Found, search
from sentiment_cli.capacity.sizing import METRIC, SAFETY_FACTOR, Sizing, most_usd, size
from sentiment_cli.capacity.statistics import CONFIDENCE, Aim, Step, in_ms
from sentiment_cli.capacity.subject import Subject
from sentiment_cli.clients.load import MOST, Senders, processes
from sentiment_cli.clients.sender import Request
from sentiment_cli.events import Emit, StepDone, StepStarted

DIFFERENT = 200  # requests at most, each with texts of its own; they are sent in turn
ANSWER_BYTES = 200  # of one prediction, with what HTTP adds


@dataclass(frozen=True)
class Wanted:
    """What the user asks for."""

    aim: Aim
    bounds: Bounds
    batch: int = 1
    """Texts in a request."""
    pattern: Pattern = "poisson"
    factor: float = SAFETY_FACTOR
    rate: float | None = None
    """For which the number of instances is wanted."""


@dataclass
class LoadTest:
    """A test of `subject` with `texts`; its steps are there while it runs, and after it was broken off."""

    subject: Subject
    wanted: Wanted
    texts: Sequence[str]
    steps: list[Step] = field(default_factory=list)

    def most_usd(self) -> float:
        """What it can cost beside what bills by the hour; 0 where nothing is billed."""
        if not self.subject.billed:
            return 0.0
        longest = max(len(each.body) for each in self._requests())
        bounds, timeout = self.wanted.bounds, Measuring.timeout_of(self.wanted.aim)
        return most_usd(
            self.subject.hosting,
            bounds.requests,
            bounds.seconds,
            at_once=CONNECTIONS[1] + MOST,
            longest=timeout,
            size=longest + ANSWER_BYTES * self.wanted.batch,
        )

    def run(self, emit: Emit, told: Callable[[Step], None]) -> Found:
        """Do it. Raises SentimentError if a sender ends."""

        def tell(step: Step) -> None:
            self.steps.append(step)
            told(step)

        began = time.monotonic()
        with Senders(processes(here=self.subject.here)) as senders:
            measure = Measuring(senders, self._requests, self.wanted.aim, self.wanted.pattern)
            with _step(emit, 1, "Warm up", "2 s"):
                start = measure.warm_up()
            bounds = self.wanted.bounds
            left = Bounds(bounds.requests - measure.sent, bounds.seconds - (time.monotonic() - began))
            with _step(emit, 2, "Search the highest rate", f"up to {bounds.seconds:.0f} s"):
                return search(measure, self.wanted.aim, start, left, tell)

    def sizing(self, found: Found) -> Sizing | None:
        """What follows from the rate that was found; None where there is none.

        A rate that throttling ended is that of the throttle, and says nothing of instances.
        """
        best = found.best
        if not best or not best.latencies:
            return None
        mean = sum(best.latencies) / len(best.latencies)
        wanted = self.wanted
        rate = None if found.limit == "throttled" else found.rate
        return size(
            self.subject.hosting, rate, latency=mean, batch=wanted.batch, wanted=wanted.rate, factor=wanted.factor
        )

    def as_dict(self, found: Found) -> dict[str, Any]:
        """The result of `load-test --json`."""
        return {
            **self.so_far(),
            "max_rate": round(found.rate, 2),
            "missed_rate": None if found.missed is None else round(found.missed, 2),
            "limited_by": found.limit,
            "confirmed": found.confirmed,
            **_follows(self.sizing(found), self.wanted),
        }

    def so_far(self) -> dict[str, Any]:
        """The part of it that is known while the test runs."""
        wanted = self.wanted
        return {
            "target": self.subject.target,
            "hosting": self.subject.hosting.as_dict(),
            "same_machine": self.subject.here,
            "p99_target_ms": in_ms(wanted.aim.seconds),
            "confidence": CONFIDENCE,
            "texts_per_request": wanted.batch,
            "arrivals": wanted.pattern,
            "requests": sum(each.requests for each in self.steps),
            "seconds": round(sum(each.seconds for each in self.steps), 1),
            "most_usd": round(self.most_usd(), 4),
            "steps": [each.as_dict() for each in self.steps],
        }

    def _requests(self) -> list[Request]:
        """Different requests, prepared now: a signature is valid for some minutes."""
        batch = self.wanted.batch
        count = min(DIFFERENT, max(1, len(self.texts) // batch))
        return [self.subject.prepared(_turn(self.texts, number * batch, batch)) for number in range(count)]


def _turn(texts: Sequence[str], start: int, count: int) -> list[str]:
    """`count` texts from `start` on, from the beginning again where they end."""
    return [texts[(start + number) % len(texts)] for number in range(count)]


def _follows(sizing: Sizing | None, wanted: Wanted) -> dict[str, Any]:
    target = None if sizing is None or sizing.autoscaling_target is None else round(sizing.autoscaling_target, 1)
    return {
        "requests_per_second_per_instance": None if sizing is None else _rounded(sizing.per_instance, 2),
        "usd_per_million_predictions": None if sizing is None else _rounded(sizing.usd_per_million, 4),
        "usd_per_million_at_target": None if sizing is None else _rounded(sizing.usd_per_million_at_target, 4),
        "autoscaling": {"metric": METRIC, "target_value": target, "safety_factor": wanted.factor},
        "for_rate": None
        if wanted.rate is None or sizing is None
        else {
            "rate": wanted.rate,
            "instances": sizing.instances,
            "instances_without_safety": sizing.instances_at_most,
            "usd_per_month": _rounded(sizing.usd_per_month, 2),
            "concurrency": sizing.at_once,
        },
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


@contextmanager
def _step(emit: Emit, number: int, title: str, usual: str) -> Iterator[None]:
    emit(StepStarted(number, 2, title, usual))
    began = time.monotonic()
    yield
    emit(StepDone(title, time.monotonic() - began))
