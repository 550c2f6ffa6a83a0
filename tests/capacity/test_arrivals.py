"""Moments at which requests are due."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sentiment_cli.capacity.arrivals import moments


def test_fixed_ones_have_the_same_pause() -> None:
    assert moments("fixed", 4, 3, 0) == [0, 0.25, 0.5]


def test_those_of_many_people_have_the_rate_and_the_spread_of_a_poisson_process() -> None:
    due = moments("poisson", 50, 20_000, 1)
    pauses = [after - before for before, after in pairwise(due)]
    mean = sum(pauses) / len(pauses)
    assert due == sorted(due)
    assert mean == pytest.approx(1 / 50, rel=0.03)
    assert sum((each - mean) ** 2 for each in pauses) / len(pauses) == pytest.approx(mean**2, rel=0.06)


def test_the_same_seed_gives_the_same_moments() -> None:
    assert moments("poisson", 5, 10, 3) == moments("poisson", 5, 10, 3) != moments("poisson", 5, 10, 4)
