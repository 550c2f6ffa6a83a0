"""Arithmetic by hand: 100 requests a second on one ml.m5.large at $0.115 an hour, and so on."""

from __future__ import annotations

import pytest

from sentiment_cli.capacity.sizing import Hosting, Sizing, most_usd, size

M5 = Hosting("realtime", "ml.m5.large")


def test_one_instance() -> None:
    sizing = size(M5, 100, latency=0.01, wanted=450)
    assert sizing.per_instance == 100
    assert sizing.usd_per_million == pytest.approx(0.115 / 360_000 * 1e6)  # $0.3194: 360,000 predictions an hour
    assert sizing.usd_per_million_at_target == pytest.approx(0.115 / 180_000 * 1e6)
    assert sizing.autoscaling_target == 3000  # 100 a second, half of it, times 60
    assert (sizing.instances, sizing.instances_at_most) == (9, 5)
    assert sizing.usd_per_month == pytest.approx(9 * 0.115 * 730)


def test_two_instances_share_the_rate() -> None:
    sizing = size(Hosting("realtime", "ml.m5.large", 2), 100, latency=0.01, wanted=100)
    assert (sizing.per_instance, sizing.autoscaling_target, sizing.instances) == (50, 1500, 4)


@pytest.mark.parametrize(
    ("wanted", "factor", "instances"), [(1, 0.5, 1), (50, 0.5, 1), (50.1, 0.5, 2), (70, 0.7, 1), (300, 1, 3)]
)
def test_instances_for_a_rate(wanted: float, factor: float, instances: int) -> None:
    assert size(M5, 100, latency=0.01, wanted=wanted, factor=factor).instances == instances


def test_texts_in_one_request_share_its_price() -> None:
    one, many = size(M5, 100, latency=0.01), size(M5, 100, latency=0.01, batch=50)
    assert one.usd_per_million is not None
    assert many.usd_per_million == pytest.approx(one.usd_per_million / 50)
    assert many.autoscaling_target == one.autoscaling_target  # which counts requests


def test_the_api_adds_what_bills_by_the_request() -> None:
    """$3.50 + $0.20 a million, and 256 MB for 40 ms each: 10,000 GB-seconds, $0.1667."""
    sizing = size(Hosting("realtime", "ml.m5.large", api_memory_mb=256), 100, latency=0.04)
    assert sizing.usd_per_million == pytest.approx(0.31944 + 3.70 + 0.16667, abs=1e-4)


def test_serverless_has_a_price_and_no_instances() -> None:
    """2 GB for 50 ms: 0.1 GB-seconds at $0.00002. 500 a second of 50 ms: 25 at once."""
    sizing = size(Hosting("serverless", memory_mb=2048), 100, latency=0.05, wanted=500)
    assert sizing.usd_per_million == pytest.approx(2.0)
    assert (sizing.per_instance, sizing.autoscaling_target, sizing.instances) == (None, None, None)
    assert sizing.at_once == 25


def test_a_type_without_a_known_price_still_has_a_size() -> None:
    sizing = size(Hosting("realtime", "ml.m4.xlarge"), 100, latency=0.01, wanted=100)
    assert (sizing.usd_per_million, sizing.usd_per_month, sizing.instances) == (None, None, 2)


def test_a_rate_that_tells_nothing_of_an_instance_sizes_none() -> None:
    """What follows from the latency alone is left: 450 a second of 10 ms are 4.5 at once."""
    sizing = size(M5, None, latency=0.01, wanted=450)
    assert sizing == Sizing(None, None, None, None, None, None, None, at_once=5)
    serverless = Hosting("serverless", memory_mb=2048)
    assert size(serverless, None, latency=0.05) == size(serverless, 100, latency=0.05)


def test_the_bound_of_a_test_of_an_endpoint_is_what_goes_in_and_out() -> None:
    usd = most_usd(M5, 200_000, 120, at_once=500, longest=5, size=500)
    assert usd == pytest.approx(200_000 * 500 / 1e9 * 0.016)


def test_the_bound_holds_if_every_connection_is_busy_all_the_time() -> None:
    """500 at once for 125 s with 2 GB: 125,000 GB-seconds, $2.50; 1,000 requests of 5 s each: $0.20."""
    serverless = Hosting("serverless", memory_mb=2048)
    assert most_usd(serverless, 200_000, 120, at_once=500, longest=5, size=0) == pytest.approx(2.50)
    assert most_usd(serverless, 1_000, 120, at_once=500, longest=5, size=0) == pytest.approx(0.20)


def test_the_bound_of_a_test_through_the_api() -> None:
    usd = most_usd(Hosting("realtime", "ml.m5.large", api_memory_mb=256), 10_000, 60, at_once=100, longest=5, size=0)
    assert usd == pytest.approx(0.037 + 6_500 * 0.25 * 0.0000166667, abs=1e-4)
