"""Minutes of full load on a real server: do memory, file descriptors and the 99th percentile stay where they are?

    python tests/benchmarks/soak.py MODEL_TAR_GZ TEXTS_FILE [--minutes N] [--every SECONDS] [--connections N]

TEXTS_FILE has a text a line; each request carries the next one. wrk (Debian package `wrk`) makes the load, anew in
every interval, so that connections come and go too. In the middle of each interval the server's processes are looked
at: memory is their proportional set size together (Linux only), without pages of files, for other programs share those;
descriptors are those of all of them. The first interval is for warming up; then the first third of the others is held
against the last.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import processes, wrk

MAX_GROWTH = 0.02


@dataclass(frozen=True)
class Interval:
    requests: int
    per_second: float
    p50: float
    p99: float
    failed: int
    mb: float
    descriptors: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=int, default=30)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if not wrk.available():
        print(wrk.MISSING, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, serving(given, Path(folder)) as (pid, port):
        script = write_script(given.texts, Path(folder))
        intervals = list(soak(given, script, pid, port))
        starts = metric(port, "model_server_worker_starts_total")
    return judge(intervals, replaced=int(starts) - given.workers)


@contextmanager
def serving(given: argparse.Namespace, folder: Path) -> Iterator[tuple[int, int]]:
    """Process id of a server on a free port of loopback, and the port."""
    from server_image.artifact import unpack

    unpack(given.model, folder / "model")
    own = {"MODEL_DIR": folder / "model", "HOST": "127.0.0.1", "WORKERS": given.workers}
    variables = {f"MODEL_SERVER_{name}": str(value) for name, value in own.items()} | {"SAGEMAKER_BIND_TO_PORT": "0"}
    log = folder / "server.log"
    with log.open("wb") as file:
        command = [sys.executable, "-m", "server_image", "serve"]
        root = Path(__file__).resolve().parents[2]
        server = subprocess.Popen(command, stderr=file, cwd=root, env={**os.environ, **variables})
    try:
        while not (lines := log.read_text().splitlines()):
            time.sleep(0.05)
        yield server.pid, int(json.loads(lines[0])["port"])
    finally:
        server.terminate()
        server.wait(30)


def write_script(texts: Path, folder: Path) -> Path:
    """For wrk: every text in a request of its own, in turn."""
    lines = [text for text in texts.read_text().splitlines() if text.strip()]
    return wrk.write_script(folder / "texts.lua", [json.dumps({"input": [{"text": text}]}) for text in lines])


def soak(given: argparse.Namespace, script: Path, pid: int, port: int) -> Iterator[Interval]:
    print(" minute   requests   per second   p50 ms   p99 ms   failed      MB   descriptors", flush=True)
    for number in range(1, round(given.minutes * 60 / given.every) + 1):
        interval = measure(given, script, pid, port)
        line = "{:7.1f} {:10,} {:12,.0f} {:8.2f} {:8.2f} {:8} {:7.1f} {:13}"
        columns = interval.requests, interval.per_second, interval.p50, interval.p99, interval.failed, interval.mb
        print(line.format(number * given.every / 60, *columns, interval.descriptors), flush=True)
        yield interval


def measure(given: argparse.Namespace, script: Path, pid: int, port: int) -> Interval:
    started = wrk.start(script, port, given.connections, given.every)
    time.sleep(given.every / 2)
    family = processes.family(pid)
    mb = processes.pss(family, processes.PSS_WITHOUT_FILES) / 2**20
    descriptors = processes.descriptors(family)
    load = wrk.finish(started)
    return Interval(load.requests, load.per_second, load.p50, load.p99, load.failed, mb, descriptors)


def judge(intervals: list[Interval], replaced: int) -> int:
    """0 where nothing failed, no process was replaced, and neither memory nor descriptors grew."""
    warm = intervals[1:] or intervals
    third = max(1, len(warm) // 3)

    def change(value: Callable[[Interval], float]) -> float:
        before = statistics.median(map(value, warm[:third]))
        return statistics.median(map(value, warm[-third:])) / before - 1

    memory, descriptors = change(lambda interval: interval.mb), change(lambda interval: interval.descriptors)
    failed, total = sum(interval.failed for interval in intervals), sum(interval.requests for interval in intervals)
    print(f"{total:,} requests, {failed} failed, {replaced} processes replaced")
    print(f"last third against the first: memory {memory:+.1%}, descriptors {descriptors:+.1%}")
    latency, rate = change(lambda interval: interval.p99), change(lambda interval: interval.per_second)
    print(f"p99 {latency:+.1%}, requests a second {rate:+.1%} (both depend on what else the machine does)")
    steady = memory <= MAX_GROWTH and descriptors <= 0 and not failed and not replaced
    print("steady" if steady else "NOT STEADY")
    return 0 if steady else 1


def metric(port: int, name: str) -> float:
    import httpx

    lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


if __name__ == "__main__":
    sys.exit(main())
