"""Load from wrk (Debian package `wrk`): one thread, so many connections, each body in turn, and the next only after an
answer (closed loop)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MISSING = "wrk is not on PATH; on Debian: apt-get install wrk"
# The requests are made before the first is sent, so that the client takes as little of the CPUs as it can.
SCRIPT = """
local requests, next = {}, 0
init = function()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  for body in io.lines(%s) do requests[#requests + 1] = wrk.format(nil, %s, nil, body) end
end
request = function()
  next = next %% #requests + 1
  return requests[next]
end
done = function(summary, latency)
  local failed = 0
  for _, number in pairs(summary.errors) do failed = failed + number end
  io.write(string.format('\\n{"requests": %%d, "seconds": %%f, "failed": %%d, "p50": %%f, "p99": %%f}\\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class Load:
    """What one run of wrk saw; latencies in milliseconds, `failed` whatever was no 2xx or no answer at all."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def available() -> bool:
    return shutil.which("wrk") is not None


def write_script(script: Path, bodies: Sequence[str], path: str = "/invocations") -> Path:
    """For wrk: POST to `path` with each body in turn, none of which has a line break in it."""
    lines = script.with_suffix(".bodies")
    lines.write_text("".join(f"{body}\n" for body in bodies), encoding="utf-8")
    script.write_text(SCRIPT % (json.dumps(str(lines)), json.dumps(path)), encoding="utf-8")
    return script


def start(script: Path, port: int, connections: int, seconds: float) -> subprocess.Popen[str]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s", str(script)]
    return subprocess.Popen([*command, f"http://127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)


def finish(load: subprocess.Popen[str]) -> Load:
    """Waits for the end of it."""
    said, _ = load.communicate()
    return read(said)


def read(said: str) -> Load:
    """Raises ValueError where wrk did not come to its end."""
    lines = [line for line in said.splitlines() if line.startswith("{")]
    if not lines:
        raise ValueError(f"wrk told no figures: {said[-300:]}")
    return Load(**json.loads(lines[-1]))
