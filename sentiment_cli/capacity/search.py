"""Finds the highest rate that keeps the p99 within its aim, given a function that measures a rate; it sends nothing.

The rate is doubled until the aim is missed, the gap is halved (by ratio) until it is narrow, the rate above is asked
again where it looks like an accident, and the rate that is left is asked once more, for longer. One missed look in
which nothing failed is not believed: of three, two have to agree.

What is not clear is not held to be missed: the search turns upwards where it seems to be met, downwards where not, and
without a confirmation the highest rate that seemed to be met is what was found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from sentiment_cli.capacity.statistics import FEWEST, Aim, Cause, Step

Measure = Callable[[float, int], Step]
"""(rate, requests) -> what came of them; it may stop sooner where they cannot meet the aim any more."""
Limit = Literal[Cause, "bounds", "unmet"]

GROWTH = 2.0
FIRST_SHARE = 20  # the first second may take this part of the requests: a few steps have to fit
PRECISION = 1.05  # the rate that was missed over the one that was met, where the search is content
FAR = 1.25  # the same where nothing was asked in between and the bounds are to blame for that; up to it, rates are near
SHRINKING = 4.0
SHRUNK = 64.0  # a server that is too slow at this part of the first rate is too slow at any
STEP_BACK = 0.93
CONFIRMATIONS = 6
DOUBTS = 3
EASE = 0.5


@dataclass(frozen=True)
class Bounds:
    """How much may be asked, at most."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Found:
    """What the search came to."""

    rate: float
    """The highest that met the aim, or, where that could not be confirmed, seemed to; 0 where none did."""
    missed: float | None
    """The lowest that missed it above that; None where none did."""
    limit: Limit
    """Why it is not more: the aim, failures, throttling, the client, the bounds; "unmet": nothing can meet the aim."""
    confirmed: bool
    """Whether that rate was asked a second time, for longer, and met the aim again."""
    steps: tuple[Step, ...]

    @property
    def best(self) -> Step | None:
        """The last look at the rate that was found."""
        return next((each for each in reversed(self.steps) if each.rate == self.rate), None)


class _Spent(Exception):
    """The bounds leave no room for another look."""


def search(
    measure: Measure,
    aim: Aim,
    start: float,
    bounds: Bounds,
    told: Callable[[Step], None] = lambda step: None,
) -> Found:
    """The highest rate at which `measure` meets `aim`, from `start` on, within `bounds`; `told` hears of each look."""
    looking = _Search(measure, aim, bounds, told)
    with suppress(_Spent):
        looking.grow(min(start, bounds.requests / FIRST_SHARE))
        if not looking.hopeless:
            looking.narrow()
            looking.doubt()
            looking.confirm()
    return looking.found()


@dataclass
class _Search:
    measure: Measure
    aim: Aim
    bounds: Bounds
    told: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    judged: dict[float, Step] = field(default_factory=dict)
    """What is held of a rate, after all looks at it that count."""
    low: float = 0.0
    """Where to look above."""
    high: float | None = None
    """Where to look below: it was missed, or is not clear enough to go on from."""
    confirmed: bool = False
    hopeless: bool = False
    """Even a small part of the first rate was missed."""

    def grow(self, start: float) -> None:
        """Double the rate until it is missed, or quarter the first until it is met, which may be hopeless."""
        rate = start
        while not self.hopeless and (self.high is None or not self.low):
            step = self._look(rate, _for_growth(rate))
            if step.verdict != "missed":
                self.low, rate = rate, rate * GROWTH
            else:
                self.high = rate
                self.hopeless = not self.low and rate * SHRUNK <= start
                rate /= SHRINKING

    def narrow(self) -> None:
        """Halve the gap until it is narrow, or nothing is left but what the confirmation needs."""
        while self.high is not None and self.high / self.low > PRECISION:
            rate = math.sqrt(self.low * self.high)
            requests = _for_narrowing(rate)
            if not self._leaves_room(rate, requests):
                return
            step = self._look(rate, requests)
            if step.verdict == "unclear" and self._leaves_room(rate, 2 * requests):
                step = self._held(step.with_more(self._measured(rate, 2 * requests)))
            if step.verdict != "missed" and step.seems_met:
                self.low = rate
            else:
                self.high = rate

    def doubt(self) -> None:
        """Ask the rate that was missed again, where nothing failed and a little less is no trouble at all, and go on
        from there if it is met now."""
        for _ in range(DOUBTS):
            if self.high is None or self.judged[self.high].cause in ("errors", "throttled") or not self._at_ease():
                return
            requests = _for_narrowing(self.high)
            if not self._leaves_room(self.high, requests) or self._look(self.high, requests).verdict != "met":
                return
            self.low, self.high = self.high, None
            self.grow(self.low * GROWTH)
            self.narrow()

    def confirm(self) -> None:
        """Ask the rate that was found for longer, and step back where all that is known of it does not meet the aim."""
        for _ in range(CONFIRMATIONS):
            step, known = self._measured(self.low, _for_confirmation(self.low)), self.judged.get(self.low)
            if self._held(known.with_more(step) if known else step).verdict == "met":
                self.confirmed = True
                return
            self.low *= STEP_BACK

    def _at_ease(self) -> bool:
        """Whether the last look at the rate that was met was far within the aim."""
        slowest = next(each.percentile(99) for each in reversed(self.steps) if each.rate == self.low)
        return slowest is not None and slowest < self.aim.seconds * EASE

    def found(self) -> Found:
        rate = self.low if self.confirmed else self._seems_met()
        missed = min((each for each in self._missed() if each > rate), default=None)
        return Found(rate, missed, self._limit(rate, missed), self.confirmed, tuple(self.steps))

    def _seems_met(self) -> float:
        """The highest rate below all that were missed at which no more were too slow than may be: not shown, but what
        was seen speaks for it."""
        missed = min(self._missed(), default=math.inf)
        return max((rate for rate, held in self.judged.items() if rate < missed and held.seems_met), default=0.0)

    def _limit(self, rate: float, missed: float | None) -> Limit:
        if not rate:
            return "unmet" if self.hopeless or self._one_alone_is_too_slow() else "bounds"
        if self._throttled(rate):
            return "throttled"
        if missed is not None and missed <= FAR * rate:
            return self.judged[missed].cause
        if not self.confirmed:
            return "bounds"
        return self.judged[min(each for each in self.judged if each > rate)].cause

    def _throttled(self, rate: float) -> bool:
        """Whether throttling hides what the server would bear: it was met near `rate`, or above it before a rate that
        was too much by itself.

        A look of few requests can pass a limit that allows bursts, so one that was throttled a little below counts too.
        """
        throttled = [each.rate for each in self.steps if each.throttled and each.rate >= rate / FAR]
        too_much = [
            each for each, held in self.judged.items() if each > rate and not (held.throttled or held.seems_met)
        ]
        return bool(throttled) and min(throttled) <= max(rate * FAR, min(too_much, default=math.inf))

    def _one_alone_is_too_slow(self) -> bool:
        """Whether half of the answers at the lowest rate took longer than is wanted: more time would not help."""
        usual = self.judged[min(self.judged)].percentile(50) if self.judged else None
        return usual is not None and usual > self.aim.seconds

    def _missed(self) -> list[float]:
        return [rate for rate, held in self.judged.items() if held.verdict == "missed"]

    def _look(self, rate: float, requests: int) -> Step:
        """A look, and where it missed without a failure, what two of three say."""
        first = self._held(self._measured(rate, requests))
        if first.verdict != "missed" or first.failed or not self._fits(rate, requests):
            return first
        second = self._measured(rate, requests)
        if second.verdict == "missed" or not self._fits(rate, requests):
            return first
        third = self._measured(rate, requests)
        return self._held(third if third.verdict == "missed" else second.with_more(third))

    def _measured(self, rate: float, requests: int) -> Step:
        if not self._fits(rate, requests):
            raise _Spent
        step = self.measure(rate, requests)
        self.steps.append(step)
        self.told(step)
        return step

    def _held(self, step: Step) -> Step:
        self.judged[step.rate] = step
        return step

    def _leaves_room(self, rate: float, requests: int) -> bool:
        """Whether so many more leave enough for the confirmation."""
        return self._fits(rate, requests + _for_confirmation(rate))

    def _fits(self, rate: float, requests: int) -> bool:
        sent, seconds = sum(each.requests for each in self.steps), sum(each.seconds for each in self.steps)
        return sent + requests <= self.bounds.requests and seconds + requests / rate <= self.bounds.seconds


def _for_growth(rate: float) -> int:
    """Two seconds, or as far as three seconds allow what can show the aim: it only has to find the gap."""
    return max(20, round(rate * 2), min(FEWEST, round(rate * 3)))


def _for_narrowing(rate: float) -> int:
    """Two seconds, a thousand requests if they come within fifteen, and never fewer than can show the aim."""
    return max(FEWEST, round(rate * 2), min(1000, round(rate * 15)))


def _for_confirmation(rate: float) -> int:
    """Twice as many."""
    return 2 * _for_narrowing(rate)
