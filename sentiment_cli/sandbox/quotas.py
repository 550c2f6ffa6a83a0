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


def limits(account: str, region: str) -> Mapping[str, int]:  # noqa: ARG001 - all have the same
    """Instances allowed by type; a type that is not a key answers 0."""
    return defaultdict(int, _DEFAULTS)
