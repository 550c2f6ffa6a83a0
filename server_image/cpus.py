"""How many CPUs this process may really use: affinity, and the quota of its control group (version 1 or 2)."""

from __future__ import annotations

import math
import os
from pathlib import Path


def available(root: Path = Path("/")) -> int:
    """At least 1. A quota of one and a half CPUs counts as 2; `root` holds `sys/fs/cgroup` and `proc/self/cgroup`."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        count = os.cpu_count() or 1
    quota = min((*_quotas_v2(root), *_quotas_v1(root)), default=math.inf)
    return max(1, min(count, math.ceil(quota)) if quota < math.inf else count)


def _quotas_v2(root: Path) -> list[float]:
    """The quotas of the process's group and of every group above it, in CPUs."""
    mount = root / "sys/fs/cgroup"
    own = next((line[3:] for line in _read(root / "proc/self/cgroup").splitlines() if line.startswith("0::")), "/")
    group = Path(own.lstrip("/"))
    if ".." in group.parts:  # the group lies outside this namespace: only the mount itself can be seen
        group = Path()
    folders = [mount / group, *(mount / parent for parent in group.parents)]
    words = [_read(folder / "cpu.max").split() for folder in folders]
    return [_ratio(*pair) for pair in words if len(pair) == 2]


def _quotas_v1(root: Path) -> list[float]:
    folder = root / "sys/fs/cgroup/cpu"
    quota, period = _read(folder / "cpu.cfs_quota_us").strip(), _read(folder / "cpu.cfs_period_us").strip()
    return [_ratio(quota, period)] if quota and period else []


def _ratio(quota: str, period: str) -> float:
    """ "max" and -1 both mean without limit."""
    try:
        value = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return math.inf
    return value if value > 0 else math.inf


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
