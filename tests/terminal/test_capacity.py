"""What a load test on AWS says before it begins, and what Enter answers."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from sentiment_cli.capacity import Aim, Bounds, Found, Hosting, Step
from sentiment_cli.capacity.sizing import size
from sentiment_cli.capacity.subject import Subject
from sentiment_cli.capacity.testing import LoadTest, Wanted
from sentiment_cli.clients.sender import Request
from sentiment_cli.commands.load_test import _confirm, _tested
from sentiment_cli.errors import SentimentError
from sentiment_cli.terminal.capacity import _sized, price_of


def load_test(hosting: Hosting, *, billed: bool = True) -> LoadTest:
    request = Request("https://runtime.sagemaker.eu-west-1.amazonaws.com", "/", {}, b"x" * 800)
    subject = Subject("endpoint", "the endpoint tweets-dev", hosting, not billed, billed, list, lambda texts: request)
    return LoadTest(subject, Wanted(Aim(0.1), Bounds(100_000, 60)), ["good"])


def test_an_endpoint_says_its_hourly_price_and_a_bound_for_the_rest() -> None:
    """100,000 requests of 800 bytes and 200 for the answer: 0.1 GB at $0.016."""
    said = price_of(load_test(Hosting("realtime", "ml.m5.large", 2)))
    assert "at most $0.0016" in said
    assert "$0.230 an hour" in said


def test_a_serverless_endpoint_and_the_api_have_bounds_too() -> None:
    test = load_test(Hosting("serverless", memory_mb=1024, api_memory_mb=256))
    longest = 516 * (60 + 5)  # seconds, if every connection were busy all the time
    usd = 0.0016 + longest * 0.00002 + 0.37 + longest / 4 * 0.0000166667
    assert test.most_usd() == pytest.approx(usd, rel=1e-3)
    assert f"at most ${math.ceil(usd * 100) / 100:.2f}" in price_of(test)


@pytest.mark.parametrize("billed", [True, False])
def test_enter_means_no_where_aws_bills(billed: bool) -> None:
    asked: list[Any] = []
    terminal = SimpleNamespace(say=asked.append)
    run: Any = SimpleNamespace(terminal=terminal, confirm=lambda question, default: asked.append(default))
    _confirm(run, load_test(Hosting("realtime", "ml.m5.large"), billed=billed))
    said, default = asked
    assert default is not billed
    assert "100,000 requests" in said
    assert ("Nothing is billed" in said) is not billed


def ended(limit: Any, *steps: Step) -> SentimentError:
    """What is raised where a test with these steps found no rate."""
    test = load_test(Hosting("realtime", "ml.m5.large"))
    test.steps[:] = steps
    found = Found(0.0, None, limit, False, steps)
    told: Any = SimpleNamespace(run=lambda emit, told: found, steps=test.steps, wanted=test.wanted, so_far=test.so_far)
    with pytest.raises(SentimentError) as raised:
        _tested(SimpleNamespace(terminal=SimpleNamespace(emit=None)), told)  # type: ignore[arg-type]
    return raised.value


def test_a_test_that_ended_before_a_rate_was_found_says_what_it_saw_at_the_lowest() -> None:
    much = Step(Aim(0.1), 27.7, [0.01] * 20, {"throttled": 10})
    error = ended("bounds", Step(Aim(0.1), 110.8, [], {"timeout": 2}), much)
    assert error.code == "too-short"
    assert "At 27.7 a second, the lowest rate that was tried" in error.why
    assert "10 of 30 failed (10 throttled)" in error.why
    assert "--duration" in error.fix
    assert error.data["steps"]


def test_a_target_that_no_rate_meets_says_what_it_saw_at_the_lowest() -> None:
    error = ended("unmet", Step(Aim(0.1), 5.0, [0.2] * 3))
    assert error.code == "p99-unmet"
    assert "100 ms" in error.what
    assert "At 5.0 a second, the lowest rate that was tried, the p99 was 200 ms." in error.why


@pytest.mark.parametrize(("rate", "said"), [(10, "1 instance at 50%"), (100, "2 instances at 50%")])
def test_one_instance_is_one(rate: float, said: str) -> None:
    hosting = Hosting("realtime", "ml.m5.large")
    test = load_test(hosting)
    wanted = replace(test.wanted, rate=rate)
    rows = dict(_sized(hosting, size(hosting, 100, latency=0.01, wanted=rate), replace(test, wanted=wanted)))
    assert rows[f"for {rate:,g}/s"].startswith(said)
