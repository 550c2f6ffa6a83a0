"""The search against servers whose highest rate is known, from queueing theory or from a very long simulation."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from sentiment_cli.capacity import Aim, Bounds, Step, search
from tests.capacity.queues import Queue, always, exponential, hiccups, highest

AIM = Aim(0.1)
AMPLE = Bounds(requests=500_000, seconds=600)


def test_one_place_and_exponential_times_by_the_formula() -> None:
    """M/M/1: the time in the system is exponential with rate mu - lambda, so its p99 is ln(100) / (mu - lambda)."""
    mu = 200.0
    by_formula = mu - math.log(100) / AIM.seconds
    rates = []
    for seed in range(5):
        found = search(Queue(AIM, exponential(1 / mu), seed=seed), AIM, 5, AMPLE)
        assert found.confirmed
        assert found.limit == "target"
        assert found.missed is not None
        assert found.missed > found.rate
        rates.append(found.rate / by_formula)
    assert min(rates) > 0.85
    assert max(rates) < 1.15
    assert sum(rates) / len(rates) == pytest.approx(1, abs=0.05)


TIMES = {"always": always(0.01), "exponential": exponential(0.01), "hiccups": hiccups(always(0.01), 0.005, 0.08)}


@pytest.mark.parametrize("places", [1, 2, 4])
@pytest.mark.parametrize("times", TIMES)
def test_other_lines_by_a_long_simulation(places: int, times: str) -> None:
    """M/D/c, M/M/c and one with pauses: what is found is near the highest rate of a run of many minutes."""
    queue = Queue(AIM, TIMES[times], places, seed=3)
    found = search(queue, AIM, 4, AMPLE)
    assert found.confirmed
    assert 0.8 < found.rate / highest(queue) < 1.2


def test_bursts_cost_what_even_pauses_do_not() -> None:
    """With requests that come evenly a place is busy all the time and nobody waits; with those of many people not."""
    bursts = search(Queue(Aim(0.02), always(0.01)), Aim(0.02), 4, AMPLE)
    even = search(Queue(Aim(0.02), always(0.01), pattern="fixed"), Aim(0.02), 4, AMPLE)
    assert even.rate > 92
    assert bursts.rate < 40


def test_rare_long_pauses_are_no_reason_to_give_up_at_a_low_rate() -> None:
    """One request in two thousand stops everything for half a second: most looks have none, some have one."""
    plain = search(Queue(AIM, always(0.002), seed=1), AIM, 20, AMPLE)
    noisy = search(Queue(AIM, hiccups(always(0.002), 0.00002, 0.5), seed=1), AIM, 20, AMPLE)
    assert noisy.rate > 0.8 * plain.rate


def cliff(edge: float, kind: str) -> Queue:
    """Quick below `edge`; above it every second request fails."""

    class Cliff(Queue):
        def __call__(self, rate: float, requests: int) -> Step:
            self.asked.append((rate, requests))
            if rate <= edge:
                return Step(AIM, rate, [0.01] * requests, {}, requests / rate)
            return Step(AIM, rate, [0.01] * 10, Counter({kind: 10}), 20 / rate)

    return Cliff(AIM, always(0.01))


@pytest.mark.parametrize(("kind", "limit"), [("throttled", "throttled"), ("http 500", "errors"), ("timeout", "errors")])
def test_failures_are_a_limit_of_their_own_and_are_not_provoked_twice(kind: str, limit: str) -> None:
    queue = cliff(730.0, kind)
    found = search(queue, AIM, 10, AMPLE)
    assert found.limit == limit
    assert 730 / 1.05 <= found.rate <= 730
    too_much = [rate for rate, _ in queue.asked if rate > 730]
    assert len(too_much) == len(set(too_much))


@pytest.mark.parametrize(("kind", "limit"), [("throttled", "throttled"), ("http 500", "bounds")])
def test_a_gap_that_the_bounds_left_is_not_said_to_be_the_servers(kind: str, limit: str) -> None:
    """One rate was too much, and there was no time to look far below it. What throttles would do so after more time
    as well: nothing above it tells of the server."""
    found = search(cliff(20.0, kind), AIM, 52.3, Bounds(20_000, 10))
    assert 0 < found.rate < 20
    assert found.missed is not None
    assert found.missed > 1.25 * found.rate
    assert (found.limit, found.confirmed) == (limit, False)


def slow_from(edge: float, throttled_from: float, share: float = 0.1) -> Queue:
    """A `share` of answers takes too long above `edge`; from `throttled_from` on every third request is throttled."""

    class Both(Queue):
        def __call__(self, rate: float, requests: int) -> Step:
            if rate >= throttled_from:
                return Step(AIM, rate, [0.01] * 20, Counter(throttled=10), 30 / rate)
            slow = math.ceil(requests * share) if rate > edge else 0
            return Step(AIM, rate, [0.01] * (requests - slow) + [0.2] * slow, {}, requests / rate)

    return Both(AIM, always(0.01))


def test_throttling_just_above_a_rate_that_was_slow_is_the_limit() -> None:
    """The search steps back from the throttle, and a slow look on that way is not where the server ends."""
    found = search(slow_from(17.5, 20.0), AIM, 12, AMPLE)
    assert found.missed is not None
    assert found.missed < 20
    assert found.limit == "throttled"


@pytest.mark.parametrize(("start", "share"), [(4.0, 0.1), (100.0, 0.1), (100.0, 0.0115)])
def test_throttling_far_above_a_rate_that_was_slow_is_not_the_limit(start: float, share: float) -> None:
    """Also where what was slow is too much, but not shown to be."""
    found = search(slow_from(8.0, 20.0, share), AIM, start, AMPLE)
    assert found.confirmed
    assert 8 / 1.05 <= found.rate <= 8
    assert found.limit == "target"


def test_a_rate_that_met_the_aim_with_few_throttled_is_limited_by_that() -> None:
    """Callers that come in bursts are throttled now and then below the limit too."""

    def measure(rate: float, requests: int) -> Step:
        throttled = 1 if 14 < rate <= 16 and requests > 500 else 0
        slow = requests // 10 if rate > 16 else 0
        latencies = [0.01] * (requests - throttled - slow) + [0.2] * slow
        return Step(AIM, rate, latencies, {"throttled": 1} if throttled else {}, requests / rate)

    found = search(measure, AIM, 12, AMPLE)
    assert (found.confirmed, found.limit) == (True, "throttled")
    assert 14 < found.rate <= 16


def plan(edge: float, slow: int) -> Queue:
    """One in `slow` takes too long at any rate; above `edge` every third request is throttled: what a usage plan does
    to an API whose p99 is near its aim."""

    class Plan(Queue):
        def __call__(self, rate: float, requests: int) -> Step:
            self.asked.append((rate, requests))
            if rate > edge:
                return Step(AIM, rate, [0.01] * 20, Counter(throttled=10), 30 / rate)
            latencies = [0.15 if number % slow == slow - 1 else 0.01 for number in range(requests)]
            return Step(AIM, rate, latencies, {}, requests / rate)

    return Plan(AIM, always(0.01))


@pytest.mark.parametrize("start", [5.0, 12.0, 27.7, 42.7, 300.0])
@pytest.mark.parametrize("seconds", [60, 120, 240])
def test_a_rate_that_is_not_clear_is_not_held_to_be_missed(start: float, seconds: float) -> None:
    """One in 150 is within the aim, but a thousand requests do not show it: what was throttled is still the limit."""
    found = search(plan(18.0, 150), AIM, start, Bounds(200_000, seconds))
    assert 0 < found.rate <= 18
    assert found.missed is not None
    assert found.missed > 18
    assert found.limit == "throttled"


def test_what_is_found_unconfirmed_seemed_to_meet_the_aim_and_was_the_highest_that_did() -> None:
    found = search(plan(18.0, 150), AIM, 42.7, Bounds(200_000, 120))
    assert not found.confirmed
    assert found.rate == max(each.rate for each in found.steps if each.verdict == "unclear")


def test_a_rate_at_which_too_many_were_slow_is_not_found_though_it_is_not_missed_either() -> None:
    """One in 80 is too many, but a few hundred requests do not show that."""
    found = search(plan(18.0, 80), AIM, 42.7, Bounds(200_000, 60))
    assert found.rate == 0 or next(each for each in found.steps if each.rate == found.rate).over == 0


@pytest.mark.parametrize("kind", ["throttled", "http 500"])
def test_bounds_that_leave_one_look_do_not_say_that_no_rate_can_meet_the_aim(kind: str) -> None:
    found = search(cliff(20.0, kind), AIM, 27.7, Bounds(200_000, 2.5))
    assert (found.rate, found.limit) == (0.0, "bounds")


def test_bounds_that_leave_one_look_at_a_server_too_slow_for_a_single_request_do() -> None:
    found = search(Queue(AIM, always(0.2), places=1000), AIM, 2.5, Bounds(200_000, 10))
    assert (found.rate, found.limit) == (0.0, "unmet")


def test_a_server_far_beyond_the_bounds_gives_a_lower_bound() -> None:
    bounds = Bounds(requests=20_000, seconds=600)
    queue = Queue(AIM, always(0.0))
    found = search(queue, AIM, 10, bounds)
    assert found.limit == "bounds"
    assert found.missed is None
    assert not found.confirmed
    assert sum(requests for _, requests in queue.asked) <= bounds.requests
    assert found.rate == max(rate for rate, _ in queue.asked)


@pytest.mark.parametrize("bounds", [Bounds(3_000, 600), Bounds(500_000, 12), Bounds(500, 30)])
def test_bounds_hold_and_leave_the_best_that_was_shown(bounds: Bounds) -> None:
    queue = Queue(AIM, exponential(0.005), seed=2)
    found = search(queue, AIM, 5, bounds)
    assert sum(each.requests for each in found.steps) <= bounds.requests
    assert sum(each.seconds for each in found.steps) <= bounds.seconds * 1.2  # random arrivals, not the plan's
    assert found.rate in {0.0} | {each.rate for each in found.steps if each.verdict != "missed"}


def test_few_requests_begin_with_a_low_rate() -> None:
    found = search(Queue(AIM, always(0.001)), AIM, 500, Bounds(400, 600))
    assert found.limit == "bounds"
    assert found.rate >= 20
    assert len(found.steps) > 1


def test_a_server_that_is_always_too_slow_is_asked_little() -> None:
    queue = Queue(AIM, always(0.2), places=1000)
    found = search(queue, AIM, 100, AMPLE)
    assert (found.rate, found.limit, found.confirmed) == (0.0, "unmet", False)
    assert sum(each.requests for each in found.steps) < 200


def test_a_first_rate_that_is_too_high_is_left_downwards() -> None:
    found = search(Queue(AIM, exponential(0.005)), AIM, 2_000, AMPLE)
    assert found.confirmed
    assert 130 < found.rate < 162


def test_a_sender_at_its_own_limit_is_told_from_a_slow_server() -> None:
    def measure(rate: float, requests: int) -> Step:
        slow = rate > 400
        return Step(AIM, rate, [0.3 if slow else 0.01] * requests, {}, requests / rate, 0.0, 0.97 if slow else 0.4)

    found = search(measure, AIM, 10, AMPLE)
    assert found.limit == "client"
    assert 380 <= found.rate <= 400


def test_one_accident_does_not_decide() -> None:
    """The machine stands still once, at an early look: twice in a row would be believed, then doubted in the end."""
    looks = 0
    queue = Queue(AIM, always(0.001))

    def measure(rate: float, requests: int) -> Step:
        nonlocal looks
        looks += 1
        step = queue(rate, requests)
        return Step(AIM, rate, [0.4] * 60, {}, 0.5) if looks in (3, 4) else step

    assert search(measure, AIM, 10, AMPLE).rate > 800
