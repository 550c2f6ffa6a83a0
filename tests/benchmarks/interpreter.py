"""What `make bench` begins with: the Python that all servers run on, and an environment of it with the project.

    python -m tests.benchmarks.interpreter [arguments for tests.benchmarks.serving]

It needs nothing that is not in the standard library. Of the builds of its version that the machine has it takes the
quickest: builds differ by half, for some have their compiler's optimisations and those that version managers make often
have not. All servers get the same one, so none gains by it; but no figure tells of a Python that few would serve with.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.servers import ROOT

HOME = ROOT / ".cache/benchmarks/python"
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


def main() -> None:
    """Goes on as the benchmark."""
    python = quickest(_places()) or Path(sys.executable)
    print(f"all servers run on {python}", flush=True)
    inside = environment(python, HOME)
    os.execv(inside, [inside, "-m", "tests.benchmarks.serving", *sys.argv[1:]])


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
    """The Python of a virtual environment with the project, what its tests need, and uv; made once."""
    lock = ROOT / "requirements-dev.lock"
    made_of = f"{python} {hashlib.sha256(lock.read_bytes()).hexdigest()} {ROOT}"
    done, inside = home / "made-of", str(home / "bin/python")
    if not done.exists() or done.read_text() != made_of:
        shutil.rmtree(home, ignore_errors=True)
        uv = _uv(home.with_name("uv"))
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", inside]
        subprocess.run([uv, "venv", "--quiet", "--python", python, home], check=True)
        subprocess.run([*install, "--require-hashes", "-r", lock], check=True)
        subprocess.run([*install, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)
        subprocess.run([*install, "uv"], check=True)
        done.write_text(made_of)
    return inside


def _uv(home: Path) -> str:
    """It installs in a fifth of pip's time, and a benchmark begins with seven environments."""
    venv.create(home, clear=True, with_pip=True)
    subprocess.run([home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "uv"], check=True)
    return str(home / "bin/uv")


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


if __name__ == "__main__":
    main()
