"""When requests are due: moments that do not depend on how quickly earlier ones are answered."""

from __future__ import annotations

from typing import Literal

Pattern = Literal["poisson", "fixed"]


def moments(pattern: Pattern, rate: float, requests: int, seed: int) -> list[float]:
    """Seconds from the start at which each of `requests` is due, in order, at `rate` a second on average.

    "poisson" is what many people who know nothing of each other send; "fixed" has the same pause everywhere.
    """
    import numpy as np

    if pattern == "fixed":
        return [number / rate for number in range(requests)]
    due: list[float] = np.random.default_rng(seed).exponential(1 / rate, requests).cumsum().tolist()
    return due
