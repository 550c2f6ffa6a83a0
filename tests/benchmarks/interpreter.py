"""The Python that a benchmark runs on: of the builds of this version that the machine has, the quickest.

Builds differ by half: some have their compiler's optimisations, those that version managers make often have not. All
servers get the same one, so none gains by it; but a figure should not tell of a Python that few would serve with.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.environments import run_or_refuse
from tests.benchmarks.servers import ROOT

NAME = f"python{sys.version_info.major}.{sys.version_info.minor}"
CLEARLY = 0.85
"""Of the time that this Python takes: what takes more is not worth an environment of its own."""
PROBE = """
import sys, time
def work():
    counts = {}
    for number in range(200_000):
        word = "word%d" % (number % 5000)
        counts[word] = counts.get(word, 0) + 1
    return sum(each * 2 for each in counts.values())
def timed():
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
print(min(timed() for _ in range(7)), sys.base_prefix, sep="\\n")
"""


def move_to_quickest(cache: Path) -> None:
    """Go on in the quickest Python, from the beginning of this program; returns if that is this one."""
    python = quickest(_places())
    if python is None:
        return
    print(f"all servers run on {python}, which is quicker than the Python that was asked", flush=True)
    inside = environment(python, cache / "python")
    sys.stdout.flush()
    os.execv(inside, [inside, *sys.orig_argv[1:], "--python", "this"])


def quickest(candidates: Iterable[Path]) -> Path | None:
    """The candidate that is clearly quicker than all others and this Python; None if there is none."""
    this = _probed(Path(sys.executable))
    if this is None:
        return None
    times, seen = {}, {this[1]}
    for candidate in candidates:
        found = _probed(candidate)
        if found is not None and found[1] not in seen:
            times[candidate] = found[0]
            seen.add(found[1])
    best = min(times, key=times.__getitem__, default=None)
    return best if best is not None and times[best] < CLEARLY * this[0] else None


def environment(python: Path, home: Path) -> str:
    """The Python of a virtual environment with the project and what its tests need; made once. Raises CannotRun."""
    lock = ROOT / "requirements-dev.lock"
    made_of = f"{python} {hashlib.sha256(lock.read_bytes()).hexdigest()} {ROOT}"
    done, inside = home / "made-of", str(home / "bin/python")
    if not done.exists() or done.read_text() != made_of:
        shutil.rmtree(home, ignore_errors=True)
        uv = [sys.executable, "-m", "uv"]
        install = [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", inside]
        run_or_refuse([*uv, "venv", "--quiet", "--python", str(python), str(home)])
        run_or_refuse([*install, "--require-hashes", "-r", str(lock)])
        run_or_refuse([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
        run_or_refuse([*install, "uv"])
        done.write_text(made_of)
    return inside


def _places() -> list[Path]:
    folders = [*os.environ["PATH"].split(os.pathsep), "/usr/local/bin", "/usr/bin"]
    return [path for folder in dict.fromkeys(folders) if (path := Path(folder) / NAME).exists()]


def _probed(python: Path) -> tuple[float, str] | None:
    """The seconds that a bit of plain Python takes there, and what it is installed as; None if it cannot be asked."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", PROBE], capture_output=True, text=True, check=True, timeout=60, cwd="/"
        )
        seconds, prefix = done.stdout.splitlines()
        return float(seconds), prefix
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
