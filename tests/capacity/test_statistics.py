"""When a share of slow requests says something: bounds checked against binomial probabilities themselves."""

from __future__ import annotations

from math import comb

import pytest

from sentiment_cli.capacity.statistics import FEWEST, Aim, Step, highest_share, hopeless, lowest_share

AIM = Aim(0.1)


def at_most(over: int, requests: int, share: float) -> float:
    """The probability that `over` or fewer of `requests` are slow where `share` of all are."""
    return sum(comb(requests, k) * share**k * (1 - share) ** (requests - k) for k in range(over + 1))


@pytest.mark.parametrize(("over", "requests"), [(0, 299), (1, 500), (7, 1000), (25, 1000), (40, 2000)])
def test_bounds_are_those_of_the_binomial_distribution(over: int, requests: int) -> None:
    assert at_most(over, requests, highest_share(requests, over)) == pytest.approx(0.05)
    if over:
        assert 1 - at_most(over - 1, requests, lowest_share(requests, over)) == pytest.approx(0.05)


def test_fewer_than_299_quick_answers_show_nothing() -> None:
    assert FEWEST == 299
    assert AIM.verdict(298, 0) == "unclear"
    assert AIM.verdict(299, 0) == "met"
    assert AIM.verdict(0, 0) == "unclear"


def test_between_the_bounds_it_is_unclear() -> None:
    assert [AIM.verdict(1000, over) for over in (3, 4, 10, 15, 16)] == ["met", "met", "unclear", "unclear", "missed"]


@pytest.mark.parametrize("requests", [20, 299, 1000, 20_000])
def test_hopeless_is_the_first_count_that_has_missed(requests: int) -> None:
    count = hopeless(requests)
    assert AIM.verdict(requests, count) == "missed"
    assert AIM.verdict(requests, count - 1) != "missed"


def test_a_failure_is_as_bad_as_a_slow_answer() -> None:
    step = Step(AIM, 10, [0.05] * 970 + [0.2] * 10, {"http 500": 15, "timeout": 5})
    assert (step.requests, step.failed, step.over) == (1000, 20, 30)
    assert (step.verdict, step.cause) == ("missed", "errors")


def test_percentiles_are_latencies_that_were_seen() -> None:
    step = Step(AIM, 10, [each / 1000 for each in range(1, 101)])
    assert (step.percentile(50), step.percentile(99)) == (0.05, 0.099)
    assert Step(AIM, 10, []).percentile(99) is None


@pytest.mark.parametrize(
    ("lag", "busy", "cause"), [(0.0, 0.5, "target"), (0.026, 0.5, "client"), (0.0, 0.91, "client")]
)
def test_a_late_or_busy_sender_is_the_cause_itself(lag: float, busy: float, cause: str) -> None:
    assert Step(AIM, 10, [0.2] * 50, {}, 1.0, lag, busy).cause == cause


def test_two_looks_at_a_rate_are_one() -> None:
    both = Step(AIM, 10, [0.01], {"timeout": 1}, 1, 0.1, 0.2).with_more(
        Step(AIM, 10, [0.02], {"http 500": 2}, 2, 0.0, 0.3)
    )
    assert both == Step(AIM, 10, [0.01, 0.02], {"timeout": 1, "http 500": 2}, 3, 0.1, 0.3)
