"""Money spent follows what the endpoint ran on, not only what it runs on now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sentiment_cli.deployment.spending import Price, spent

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CHEAP, DEAR, IDLE = 0.05, 1.0, 0.0


def at(hours: float) -> datetime:
    return BEGAN + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("changed", "serving", "made", "expected"),
    [
        (0.1, CHEAP, [(-0.1, CHEAP)], 0.5),
        (4, DEAR, [(-0.1, CHEAP), (3.9, DEAR)], 3.9 * CHEAP + 6.1 * DEAR),
        (9, DEAR, [(-0.1, IDLE), (8.9, DEAR)], 1.1),
        (9, IDLE, [(-0.1, DEAR), (8.9, IDLE)], 8.9),
        (0.1, IDLE, [(-0.1, IDLE)], None),
        (6, CHEAP, [(-0.1, CHEAP), (2, DEAR)], 2 * CHEAP + 4 * DEAR + 4 * CHEAP),  # gone back to the first at 6
        (6, CHEAP, [(1, DEAR), (5.9, CHEAP)], 5.9 * DEAR + 4.1 * CHEAP),  # what it began with was removed
        (6, CHEAP, [], 0.5),
        (6, None, [(-0.1, CHEAP)], None),
        (6, CHEAP, [(-0.1, None)], None),
        (4, CHEAP, [(-0.1, CHEAP), (5, DEAR)], 0.5),  # made, and not served yet
    ],
)
def test_after_ten_hours(changed: float, serving: Price, made: list[tuple[float, Price]], expected: Price) -> None:
    versions = [(at(hours), price) for hours, price in made]
    assert spent(BEGAN, at(changed), at(10), serving, versions) == (expected and pytest.approx(expected))


def test_a_clock_that_is_behind_makes_no_money() -> None:
    assert spent(BEGAN, BEGAN, at(-1), DEAR, []) == 0.0
