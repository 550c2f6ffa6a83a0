"""How many hosting instances of a type a sandbox account may have at once, for the one who refuses and the one who
lists quotas; like a new account on AWS, it has few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

_DEFAULTS = {
    "ml.t2.medium": 2,
    "ml.m6g.large": 2,
    "ml.m6g.xlarge": 1,
    "ml.m5.large": 2,
    "ml.c5.large": 2,
    "ml.m5.xlarge": 1,
    "ml.c6i.large": 1,
    "ml.c7i.large": 1,
}


_granted: dict[tuple[str, str], dict[str, int]] = {}


def defaults() -> Mapping[str, int]:
    """Instances that a new account may have, by type; a type that is not a key answers 0."""
    return defaultdict(int, _DEFAULTS)


def limits(account: str, region: str) -> Mapping[str, int]:
    """Instances that an account may have in a region, by type; a type that is not a key answers 0."""
    return defaultdict(int, {**_DEFAULTS, **_granted.get((account, region), {})})


def grant(account: str, region: str, instance_type: str, count: int) -> None:
    """From now on an account may have `count` instances of a type in a region."""
    _granted.setdefault((account, region), {})[instance_type] = count
