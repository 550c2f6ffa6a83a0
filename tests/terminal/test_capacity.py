"""What a load test on AWS says before it begins, and what Enter answers."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from sentiment_cli.capacity import Aim, Bounds, Hosting
from sentiment_cli.capacity.subject import Subject
from sentiment_cli.capacity.testing import LoadTest, Wanted
from sentiment_cli.clients.sender import Request
from sentiment_cli.commands.load_test import _confirm
from sentiment_cli.terminal.capacity import price_of


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
