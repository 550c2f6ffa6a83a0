"""What an endpoint has cost so far, by what it ran on; AWS's own figures come a day later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

Price = float | None
"""US dollars an hour; None where it is not known."""


def spent(
    began: datetime, changed: datetime, now: datetime, serving: Price, made: Sequence[tuple[datetime, Price]]
) -> float | None:
    """US dollars since the endpoint `began`, at today's prices; None where a price is not known or none is by the hour.

    Since it `changed` last it runs at the price of what is `serving`. Before that it ran on what had been `made` last,
    of the versions that are kept; of those that were removed since, what followed counts.
    """
    versions = sorted((each for each in made if each[0] < changed), key=lambda each: each[0])
    starts = [(max(each, began), price) for each, price in versions]
    spans = [(began, starts[0][1]), *starts[1:], (changed, serving)] if starts else [(began, serving)]
    total, hourly = 0.0, False
    for (start, price), (end, _) in pairwise([*spans, (now, None)]):
        if price is None:
            return None
        hourly = hourly or price > 0
        total += price * max((end - start).total_seconds(), 0.0) / 3600
    return round(total, 4) if hourly else None
