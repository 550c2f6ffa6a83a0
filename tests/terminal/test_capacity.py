"""What a load test on AWS says before it begins, and what Enter answers."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from sentiment_cli.capacity import Aim, Bounds, Found, Hosting, Step
from sentiment_cli.capacity.sizing import size
from sentiment_cli.capacity.subject import Subject, Throttle
from sentiment_cli.capacity.testing import LoadTest, Wanted
from sentiment_cli.clients.sender import Request
from sentiment_cli.commands.load_test import _confirm, _tested
from sentiment_cli.errors import SentimentError
from sentiment_cli.terminal.capacity import _sized, capacity_card, price_of


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


def ended(limit: Any, *steps: Step, test: LoadTest | None = None) -> SentimentError:
    """What is raised where a test with these steps found no rate."""
    test = test or load_test(Hosting("realtime", "ml.m5.large"))
    test.steps[:] = steps
    found = Found(0.0, None, limit, False, steps)
    told: Any = SimpleNamespace(**vars(test), run=lambda emit, told: found, so_far=test.so_far)
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


PLAN = Throttle(20, "usage plan", ("the usage plan tweets-dev", "the stage api"))
ASK_IT = "sentiment-cli load-test --target endpoint --stage prod"


def through_the_api(throttle: Throttle | None = PLAN, hosting: Hosting | None = None) -> LoadTest:
    """A test of the API, where instances for 300 requests a second are asked for."""
    test = load_test(hosting or Hosting("realtime", "ml.m5.large", api_memory_mb=256))
    subject = replace(test.subject, target="api", title="the API", throttle=throttle, direct=ASK_IT)
    return replace(test, subject=subject, wanted=replace(test.wanted, rate=300))


def found_at(rate: float, limit: Any) -> Found:
    steps = (Step(Aim(0.1), rate, [0.02] * 600), Step(Aim(0.1), 28.0, [0.02] * 20, {"throttled": 4}))
    return Found(rate, 28.0, limit, True, steps)


def rows(test: LoadTest, found: Found) -> dict[str, str]:
    return {name.plain: value.plain for name, value in capacity_card(test, found).rows}


def test_an_api_that_throttles_is_the_limit_and_nothing_is_reckoned_of_an_instance() -> None:
    told = rows(through_the_api(), found_at(17.2, "throttled"))
    assert told == {
        "highest rate": "17.2 requests a second, p99 within 100 ms, confirmed by a second, longer look",
        "limit": "throttled: the usage plan lets 20 a second through",
        "to change it": "API Gateway's console, throttling of the usage plan tweets-dev and of the stage api; the next "
        "`deploy` sets it back",
        "per instance": "not known, nor what follows from it: an instance may bear more than is let through",
        "measure it": f"{ASK_IT} --p99 100 --rate 300",
    }


def test_the_result_of_an_api_that_throttles_keeps_its_keys() -> None:
    test = through_the_api()
    usual, throttled = (test.as_dict(found_at(17.2, limit)) for limit in ("target", "throttled"))
    assert list(throttled) == list(usual)
    assert (throttled["max_rate"], throttled["limited_by"]) == (17.2, "throttled")
    assert throttled["steps"] == usual["steps"]
    for key in ("requests_per_second_per_instance", "usd_per_million_predictions", "usd_per_million_at_target"):
        assert usual[key] is not None
        assert throttled[key] is None
    assert usual["autoscaling"]["target_value"] == 516
    assert throttled["autoscaling"] == {**usual["autoscaling"], "target_value": None}
    withheld = {"instances": None, "instances_without_safety": None, "usd_per_month": None}
    assert throttled["for_rate"] == {**usual["for_rate"], **withheld}


@pytest.mark.parametrize("limit", ["target", "errors", "client", "bounds"])
def test_an_api_with_another_limit_is_sized_as_ever(limit: Any) -> None:
    told = rows(through_the_api(), found_at(17.2, limit))
    assert list(told) == ["highest rate", "limit", "per instance", "price", "for 300/s", "autoscaling"]
    assert told["per instance"] == "17.2 requests a second (1 x ml.m5.large)"


def test_a_serverless_endpoint_behind_an_api_that_throttles_keeps_what_follows_from_its_latency() -> None:
    told = rows(through_the_api(hosting=Hosting("serverless", memory_mb=1024)), found_at(17.2, "throttled"))
    assert list(told) == ["highest rate", "limit", "to change it", "price", "for 300/s"]
    assert told["for 300/s"] == "a concurrency of 6 or more"


def test_throttling_without_a_limit_of_the_apis_own_is_awss() -> None:
    told = rows(through_the_api(throttle=None), found_at(17.2, "throttled"))
    assert told["limit"] == "throttled: AWS lets no more through"
    assert "to change it" not in told


def test_an_endpoint_that_is_throttled_is_not_sized_either() -> None:
    told = rows(load_test(Hosting("realtime", "ml.m5.large")), found_at(17.2, "throttled"))
    assert list(told) == ["highest rate", "limit", "per instance"]


@pytest.mark.parametrize("limit", ["bounds", "unmet"])
def test_an_api_that_throttled_every_rate_is_told_where_the_instance_is_measured(limit: Any) -> None:
    error = ended(limit, Step(Aim(0.1), 27.7, [0.01] * 20, {"throttled": 10}), test=through_the_api())
    assert "10 of 30 failed (10 throttled): the usage plan lets 20 a second through." in error.why
    assert f"`{ASK_IT} --p99 100 --rate 300`" in error.fix
    unthrottled = ended(limit, Step(Aim(0.1), 27.7, [0.01] * 20, {"timeout": 10}), test=through_the_api())
    assert "usage plan" not in unthrottled.why
    assert "--target endpoint" not in unthrottled.fix


@pytest.mark.parametrize(("rate", "said"), [(10, "1 instance at 50%"), (100, "2 instances at 50%")])
def test_one_instance_is_one(rate: float, said: str) -> None:
    hosting = Hosting("realtime", "ml.m5.large")
    test = load_test(hosting)
    wanted = replace(test.wanted, rate=rate)
    rows = dict(_sized(hosting, size(hosting, 100, latency=0.01, wanted=rate), replace(test, wanted=wanted)))
    assert rows[f"for {rate:,g}/s"].startswith(said)
