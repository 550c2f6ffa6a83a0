"""A server as queueing theory has it: requests wait in one line for one of several places, each takes its time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heapify, heapreplace

import numpy as np

from sentiment_cli.capacity.arrivals import Pattern, moments
from sentiment_cli.capacity.statistics import Aim, Step, hopeless

Draw = Callable[[np.random.Generator, int], "np.ndarray"]


def always(seconds: float) -> Draw:
    """Every request takes as long: M/D/c."""
    return lambda random, requests: np.full(requests, seconds)


def exponential(seconds: float) -> Draw:
    """Most are quick, some take long: M/M/c."""
    return lambda random, requests: random.exponential(seconds, requests)


def hiccups(draw: Draw, share: float, seconds: float) -> Draw:
    """As `draw`, but for a `share` of requests that keep their place for `seconds`, as a pause for garbage would."""

    def drawn(random: np.random.Generator, requests: int) -> np.ndarray:
        return np.where(random.random(requests) < share, seconds, draw(random, requests))

    return drawn


@dataclass
class Queue:
    """A measure for `search`: `places` at work at once, each for as long as `draw` says."""

    aim: Aim
    draw: Draw
    places: int = 1
    seed: int = 0
    pattern: Pattern = "poisson"
    patient: bool = False
    """Whether all requests are sent, also where the aim cannot be met any more."""
    asked: list[tuple[float, int]] = field(default_factory=list)

    def __call__(self, rate: float, requests: int) -> Step:
        self.asked.append((rate, requests))
        due = moments(self.pattern, rate, requests, self.seed + 1000 * len(self.asked))
        takes = self.draw(np.random.default_rng(self.seed + 1000 * len(self.asked) + 1), requests)
        patience = requests if self.patient else hopeless(requests)
        free, latencies, bad = [0.0] * self.places, [], 0
        heapify(free)
        for moment, seconds in zip(due, takes.tolist(), strict=True):
            ends = max(free[0], moment) + seconds
            heapreplace(free, ends)
            latencies.append(ends - moment)
            bad += ends - moment > self.aim.seconds
            if bad >= patience:
                break
        return Step(self.aim, rate, latencies, Counter(), due[len(latencies) - 1])


def highest(queue: Queue) -> float:
    """The highest rate that keeps the aim in the long run, by halving."""
    low, high = 1.0, queue.places / float(queue.draw(np.random.default_rng(0), 10_000).mean())
    for _ in range(7):
        middle = (low + high) / 2
        step = Queue(queue.aim, queue.draw, queue.places, 987_654, patient=True)(middle, 30_000)
        low, high = (middle, high) if step.over <= 0.01 * step.requests else (low, middle)
    return low
