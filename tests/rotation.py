"""A part of many cases in each run, so that a stated number of runs, one a day, has them all.

THOROUGH=1 has them all at once; RUN=n takes the part of that number, as pytest's header tells it, on any day.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

Case = TypeVar("Case")

_ASKED = os.environ.get("RUN", "")
ALL = os.environ.get("THOROUGH") == "1" and not _ASKED
# The processes of one run have the same day, also those that start after midnight.
RUN = int(_ASKED or os.environ.setdefault("DAY_OF_RUN", str(datetime.now(UTC).date().toordinal())))


def part(cases: Sequence[Case], parts: int) -> list[Case]:
    """One of so many parts of `cases`, in an order that is always the same; all of them where ALL is asked for."""
    mixed = list(cases)
    random.Random(1).shuffle(mixed)
    return mixed if ALL else mixed[RUN % parts :: parts]


def told() -> str:
    """What to set to have the same part again."""
    return "all parts (THOROUGH=1)" if ALL else f"RUN={RUN}"
