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
import re
import shutil
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
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
MAX_GROWTH = 0.02
SCRIPT = """
local bodies = {}
for line in io.lines(%s) do bodies[#bodies + 1] = line end
local next = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  next = next %% #bodies + 1
  return wrk.format(nil, "/invocations", nil, bodies[next])
end
"""


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
    if shutil.which("wrk") is None:
        print("wrk is not on PATH; on Debian: apt-get install wrk", file=sys.stderr)
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
    bodies = folder / "bodies"
    lines = [text for text in texts.read_text().splitlines() if text.strip()]
    bodies.write_text("".join(json.dumps({"input": [{"text": text}]}) + "\n" for text in lines))
    script = folder / "texts.lua"
    script.write_text(SCRIPT % json.dumps(str(bodies)))
    return script


def soak(given: argparse.Namespace, script: Path, pid: int, port: int) -> Iterator[Interval]:
    print(" minute   requests   per second   p50 ms   p99 ms   failed      MB   descriptors", flush=True)
    for number in range(1, round(given.minutes * 60 / given.every) + 1):
        interval = measure(given, script, pid, port)
        line = "{:7.1f} {:10,} {:12,.0f} {:8.2f} {:8.2f} {:8} {:7.1f} {:13}"
        columns = interval.requests, interval.per_second, interval.p50, interval.p99, interval.failed, interval.mb
        print(line.format(number * given.every / 60, *columns, interval.descriptors), flush=True)
        yield interval


def measure(given: argparse.Namespace, script: Path, pid: int, port: int) -> Interval:
    address = f"http://127.0.0.1:{port}"
    command = ["wrk", "-t1", f"-c{given.connections}", f"-d{given.every}s", "--latency", "-s", str(script), address]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(given.every / 2)
    processes = [pid, *children(pid)]
    mb, descriptors = sum(map(pss, processes)) / 2**20, sum(map(open_descriptors, processes))
    said, _ = load.communicate()
    return Interval(*read_wrk(said), mb, descriptors)


def read_wrk(said: str) -> tuple[int, float, float, float, int]:
    """Requests, a second, both percentiles in ms, and whatever was no 2xx or no answer at all."""
    [requests] = re.findall(r"(\d+) requests in", said)
    [rate] = re.findall(r"Requests/sec:\s+([\d.]+)", said)
    percentiles = {
        name: float(value) * UNITS[unit] for name, value, unit in re.findall(r"(\d\d)%\s+([\d.]+)(us|ms|s)", said)
    }
    refused = [int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", said)]
    broken = [int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", said)]
    return int(requests), float(rate), percentiles["50"], percentiles["99"], sum(refused + broken)


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


def children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


def pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))


def open_descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def metric(port: int, name: str) -> float:
    import httpx

    lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


if __name__ == "__main__":
    sys.exit(main())
