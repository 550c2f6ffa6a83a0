"""Our server beside others that serve the very same model: rates, latencies, memory, start and mistakes, in one run.

    python -m tests.benchmarks.serving [--peers NAME,...] [--rounds N] [--seconds N]

The servers take turns, round after round, so that whatever else the machine does hits all alike. Figures are medians of
the rounds. wrk, on the same CPUs, sends each text of the bundled sample in turn. A whole run (every server, five rounds
or more) writes docs/performance.json, and the page, the picture and the README's figures from it; a shorter one only
tells.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tests.benchmarks import bench_deploying, environments, figures, footprint, page, wrk
from tests.benchmarks.large_model import TERMS
from tests.benchmarks.measuring import ROWS, Questions, turn
from tests.benchmarks.running import CannotRun, Place
from tests.benchmarks.servers import ALL, BY_NAME, ROOT, Server

CACHE = ROOT / ".cache/benchmarks"
WHOLE = 5  # rounds


def main() -> int:
    given = _arguments()
    if not wrk.available():
        print(wrk.MISSING, file=sys.stderr)
        return 2
    servers = [BY_NAME[name] for name in given.peers.split(",")]
    whole = len(servers) == len(ALL) and given.rounds >= WHOLE
    with tempfile.TemporaryDirectory() as work:
        results = run(servers, given, Path(work), whole=whole)
    output = given.output or (page.RESULTS if whole else given.cache / "latest.json")
    if output == page.RESULTS:
        results["before"] = figures.with_last(output)
    output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(told(results))
    if output == page.RESULTS:
        page.main()
    return 1 if any(figures.wrong(results, name) for name in figures.measured(results)) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=",".join(BY_NAME), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=WHOLE)
    parser.add_argument("--seconds", type=float, default=2, help="for each row of each turn, whole ones")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="default: the number of CPUs")
    parser.add_argument("--rows", type=int, default=100_000, help="that the model is trained on")
    parser.add_argument("--cache", type=Path, default=CACHE, help="for models and environments; default: %(default)s")
    parser.add_argument("--output", type=Path, help="a file for the results")
    return parser.parse_args()


def run(servers: Sequence[Server], given: argparse.Namespace, work: Path, *, whole: bool) -> dict[str, Any]:
    of_machine = machine()  # first, for it tells how busy the machine was before
    questions, place = prepare(given.rows, given.cache, work)
    image = footprint.images(place.model) if any(server.container for server in servers) else {}
    place = replace(place, image=image.get("name", ""))
    results = {
        "machine": of_machine,
        "settings": {name: getattr(given, name) for name in ("rounds", "seconds", "workers", "rows")}
        | {"texts": len(questions.texts), "terms": questions.terms},
        "servers": {server.name: _ready(server, place) for server in servers},
        "alone": [],
        "image": image,
    }
    for number in range(1, given.rounds + 1):
        for server in servers:
            _one(server, results["servers"][server.name], questions, place, given, number)
        results["alone"].append(scorer_alone(questions, place, given.seconds))
    if whole:
        # A quarter of an hour is not to be lost by what follows.
        (given.cache / "rounds.json").write_text(json.dumps(results), encoding="utf-8")
        results["memory"] = footprint.memory(questions, place)
        results["large"] = footprint.large_model(place, given.cache / f"large-{TERMS}-{_makers()}", TERMS)
        results["deploying"] = [asdict(each) for each in bench_deploying.measured()]
    results["machine"]["load_after"] = os.getloadavg()[0]
    return results


def prepare(rows: int, cache: Path, work: Path) -> tuple[Questions, Place]:
    """The model, trained if it is not there yet, and what is to be asked."""
    folder = cache / f"model-{rows}-{_makers()}"
    if not (folder / "answers.json").exists():
        print(f"training on {rows:,} rows", flush=True)
        subprocess.run([sys.executable, "-m", "tests.benchmarks.model", folder, str(rows)], check=True, cwd=ROOT)
    answers = json.loads((folder / "answers.json").read_text())
    right = [(label, score) for label, score in answers["answers"]]
    return Questions(answers["texts"], right, answers["terms"]), Place(folder / "model", cache, work)


def _makers() -> str:
    """What the sources are that make and read a model: a changed one asks for a new model."""
    files = (file for room in ("sentiment_cli", "server_image") for file in sorted((ROOT / room).rglob("*.py")))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor,
        "cpus": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "wrk": _version("wrk", "-v"),
        "nginx": _version("nginx", "-v"),
        "load_before": os.getloadavg()[0],
    }


def _version(program: str, flag: str) -> str:
    if shutil.which(program) is None:
        return "absent"
    done = subprocess.run([program, flag], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
    return found[0] if found else "unknown"


def _ready(server: Server, place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {"versions": {}, "rounds": [], "failed": None}
    try:
        environments.prepare(server, place)
        found["versions"] = environments.versions(server)
    except CannotRun as error:
        found["failed"] = str(error)
        print(f"{server.name}: {error}", flush=True)
    return found


def _one(
    server: Server, found: dict[str, Any], questions: Questions, place: Place, given: argparse.Namespace, number: int
) -> None:
    """A server that could not be measured once is not tried again, and what it had counts no more."""
    if found["failed"]:
        return
    try:
        one = turn(server, questions, place, given.workers, given.seconds)
    except (CannotRun, ValueError) as error:
        found |= {"failed": str(error), "rounds": []}
        print(f"{server.name}: {error}", flush=True)
        return
    found["rounds"].append(one)
    rates = "  ".join(f"{name} {load['requests'] / load['seconds']:,.0f}/s" for name, load in one["rows"].items())
    print(f"{number}/{given.rounds} {server.name:12} {rates}  wrong {one['wrong']}", flush=True)


def scorer_alone(questions: Questions, place: Place, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.scorer_alone", str(place.model), str(seconds / 2)]
    given = json.dumps(questions.texts)
    done = subprocess.run(command, input=given, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def told(results: figures.Results) -> str:
    """The figures for a terminal."""
    heads = "".join(f"{of.name + '/s':>9}{'p99':>7}{'cpu':>7}" for of in ROWS)
    lines = [f"{'':12}{heads}   ping  answer  MB  wrong"]
    for name in figures.measured(results):
        loads = [figures.row(results, name, of.name, key).median for of in ROWS for key in ("rate", "p99", "cpu")]
        cells = "".join(f"{rate:9,.0f}{p99:7.1f}{cpu:7.0f}" for rate, p99, cpu in zip(*[iter(loads)] * 3, strict=True))
        ping, pss = (figures.once(results, name, key).median for key in ("ping", "pss"))
        answer = 0.0 if BY_NAME[name].limit else figures.once(results, name, "answer").median
        lines.append(f"{name:12}{cells}{ping:7.2f}{answer:8.2f}{pss / 2**20:4.0f}{figures.wrong(results, name):7}")
    if "ours" in figures.measured(results):
        lines += ["", *(f"{each.name}: {_value(each)}" for each in figures.ratios(results))]
    return "\n".join(lines)


def _value(ratio: figures.Ratio) -> str:
    if ratio.value is None:
        return "not measured"
    return f"{ratio.value:.2f} (target {'>=' if ratio.at_least else '<='} {ratio.target:.3g})"


if __name__ == "__main__":
    sys.exit(main())
