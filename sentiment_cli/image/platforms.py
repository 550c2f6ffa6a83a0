"""Which platform an instance type runs."""

from __future__ import annotations

import re

ARM, X86 = "linux/arm64", "linux/amd64"
# Graviton has a g behind the generation (c6g, m6gd; not g5 or p6-b200): https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
# The superchips of NVIDIA (p6e-gb200) have a processor of Arm's kind, too.
_OF_ARM = re.compile(r"ml\.(?:[a-z]+\d+g[a-z]*|[a-z]+\d+[a-z]*-g[bh]\d+)\.")


def platform_of(instance_type: str) -> str:
    """Serverless ("") is X86."""
    return ARM if _OF_ARM.match(instance_type) else X86
