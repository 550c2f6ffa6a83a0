"""What processes of this machine use: memory, CPU time and descriptors of a process and all below it (Linux only)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

PSS = ("Pss:",)
PSS_WITHOUT_FILES = ("Pss_Anon:", "Pss_Shmem:")
TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """`pid` and all its descendants."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def pss(pids: Iterable[int], fields: tuple[str, ...] = PSS) -> int:
    """Bytes, where a page that n processes share counts a nth in each of them."""
    return sum(_pss(pid, fields) for pid in pids)


def _pss(pid: int, fields: tuple[str, ...]) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(fields))


def cpu_seconds(pids: Iterable[int]) -> float:
    """Seconds of CPU that these processes have spent, with those of their children that are gone."""
    return sum(map(_ticks, pids)) / TICKS


def _ticks(pid: int) -> int:
    try:
        # The second field is a name in brackets and may have anything in it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def descriptors(pids: Iterable[int]) -> int:
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)
