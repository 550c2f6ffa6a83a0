"""What the operating system says of processes: who they are, what they use, who holds a port. It changes nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
LISTENING = "0A"


def identity(pid: int) -> str:
    """When process `pid` began, as text: with the number it tells a process from any other. Empty if there is none."""
    if (PROC / "self/stat").exists():
        state, _, _, began = _stat(pid)
        return "" if state in ("", "Z", "X") else began
    return _ps("-o", "lstart=", "-p", str(pid))


def usage(group: int) -> tuple[float, int]:
    """CPU seconds spent so far and bytes of memory in use, over all processes of a group."""
    if not (PROC / "self/stat").exists():
        rows = [row.split() for row in _ps("-A", "-o", "pgid=,time=,rss=").splitlines()]
        own = [row for row in rows if row[0] == str(group)]
        return sum(_seconds(row[1]) for row in own), sum(int(row[2]) * 1024 for row in own)
    spent, memory = 0, 0
    for pid in _pids():
        _, of_group, ticks, _ = _stat(pid)
        if of_group == group:
            spent += ticks
            memory += _memory(pid)
    return spent / os.sysconf("SC_CLK_TCK"), memory


def holder(port: int) -> str:
    """The program that listens on a TCP port here, as "name (process 12)"; empty if that cannot be seen."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for pid in _pids() if sockets else ():
        if sockets & set(_open_files(pid)):
            with suppress(OSError):  # gone meanwhile
                return f"{(PROC / str(pid) / 'comm').read_text().strip()} (process {pid})"
    return ""


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _open_files(pid: int) -> Iterator[str]:
    """What the descriptors of a process lead to; nothing where it is another user's."""
    with suppress(OSError):
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile, which says nothing of the others
                yield str(descriptor.readlink())


def _stat(pid: int) -> tuple[str, int, int, str]:
    """State, process group, CPU ticks and start time of a process (proc(5)); the state is empty if there is none."""
    try:
        # The name, in brackets, may itself hold brackets and spaces.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", 0, 0, ""
    return fields[0], int(fields[2]), int(fields[11]) + int(fields[12]), fields[19]


def _memory(pid: int) -> int:
    """Bytes of a process; what it shares with others, as forked workers do, is divided among them."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _listening(port: int) -> Iterator[str]:
    for table in ("net/tcp", "net/tcp6"):
        try:
            rows = (PROC / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in map(str.split, rows):
            if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port:
                yield row[9]


def _ps(*arguments: str) -> str:
    try:
        done = subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return ""
    return done.stdout.strip()


def _seconds(time: str) -> float:
    """Seconds in what ps writes: [[days-]hours:]minutes:seconds."""
    days, _, rest = time.rpartition("-")
    total = 0.0
    for part in rest.split(":"):
        total = total * 60 + float(part)
    return total + 86_400 * int(days or 0)
