"""Our server beside others that serve the very same model: rates, latencies, memory, start and mistakes, in one run.

    python -m tests.benchmarks.serving [--peers NAME,...] [--rounds N] [--seconds N]

The servers take turns, round after round, so that whatever else the machine does hits all alike. Figures are medians of
the rounds. wrk, on the same CPUs, sends each text of the bundled sample in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import environments, wrk
from tests.benchmarks.measuring import ROWS, Questions, turn
from tests.benchmarks.running import CannotRun, Place
from tests.benchmarks.servers import ALL, BY_NAME, ROOT, Server

CACHE = ROOT / ".cache/benchmarks"


def main() -> int:
    given = _arguments()
    if not wrk.available():
        print(wrk.MISSING, file=sys.stderr)
        return 2
    servers = [BY_NAME[name] for name in given.peers.split(",")]
    with tempfile.TemporaryDirectory() as work:
        questions, place = prepare(given.rows, Path(work))
        found = run(servers, questions, place, given)
    given.output.write_text(json.dumps(found, indent=1) + "\n")
    show(found)
    return 1 if any(r["wrong"] for s in found["servers"].values() for r in s["rounds"]) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=",".join(server.name for server in ALL), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="for each row of each turn")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="default: the number of CPUs")
    parser.add_argument("--rows", type=int, default=100_000, help="that the model is trained on")
    parser.add_argument("--output", type=Path, default=CACHE / "latest.json")
    return parser.parse_args()


def prepare(rows: int, work: Path) -> tuple[Questions, Place]:
    folder = CACHE / f"model-{rows}"
    if not (folder / "answers.json").exists():
        print(f"training on {rows:,} rows", flush=True)
        subprocess.run([sys.executable, "-m", "tests.benchmarks.model", folder, str(rows)], check=True, cwd=ROOT)
    answers = json.loads((folder / "answers.json").read_text())
    questions = Questions(answers["texts"], [(label, score) for label, score in answers["answers"]])
    return questions, Place(folder / "model", CACHE, work)


def run(servers: list[Server], questions: Questions, place: Place, given: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {server.name: {"title": server.title, "rounds": [], "failed": None} for server in servers}
    for server in servers:
        try:
            environments.prepare(server, place)
        except CannotRun as error:
            found[server.name]["failed"] = str(error)
            print(server.name, error, flush=True)
    for number in range(given.rounds):
        for server in servers:
            if found[server.name]["failed"]:
                continue
            try:
                one = turn(server, questions, place, given.workers, given.seconds)
            except CannotRun as error:
                found[server.name]["failed"] = str(error)
                print(server.name, error, flush=True)
                continue
            found[server.name]["rounds"].append(one)
            rates = "  ".join(f"{name} {row['requests'] / row['seconds']:,.0f}" for name, row in one["rows"].items())
            print(f"{number + 1}/{given.rounds} {server.name:10} {rates}  wrong {one['wrong']}", flush=True)
    return {"servers": found}


def show(found: dict[str, Any]) -> None:
    print(
        f"\n{'':12}"
        + "".join(f"{row.name + '/s':>9}{'p99':>7}{'cpu us':>7}" for row in ROWS)
        + "   ping  answer  MB  wrong"
    )
    for name, server in found["servers"].items():
        if not (rounds := server["rounds"]):
            continue
        line = f"{name:12}"
        for row in ROWS:
            each = [one["rows"][row.name] for one in rounds]
            rate = statistics.median(load["requests"] / load["seconds"] for load in each)
            p99, cpu = (statistics.median(load[key] for load in each) for key in ("p99", "cpu"))
            line += f"{rate:9,.0f}{p99:7.1f}{cpu:7.0f}"
        ping, answer, pss = (statistics.median(one.get(key, 0) for one in rounds) for key in ("ping", "answer", "pss"))
        print(f"{line}{ping:7.2f}{answer:8.2f}{pss / 2**20:4.0f}{sum(one['wrong'] for one in rounds):7}")


if __name__ == "__main__":
    sys.exit(main())
