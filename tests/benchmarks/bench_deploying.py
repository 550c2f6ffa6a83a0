"""What a deployment costs beside waiting: CPU time of the command, time of each step, and requests to AWS.

    python tests/benchmarks/bench_deploying.py [--engine process|docker] [--rounds N] [--write FILE.json]

Three kinds of `deploy` in a sandbox: everything for the first time, with nothing to change, and with a model that was
trained again. CPU time is what a command does when it does not wait for AWS, Docker or the network: its own, and that
of the processes it started and waited for (Chalice, and the server that is tried first). Linux only.
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
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

KINDS = ("first", "nothing to change", "new model")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Deployment:
    """One run of `deploy`. Times are in seconds; `asked` counts requests to AWS, `mutating` those that change it."""

    kind: str
    seconds: float
    own_cpu: float
    children_cpu: float
    asked: int
    mutating: int
    steps: dict[str, float]

    @property
    def cpu(self) -> float:
        """Seconds that do not wait for AWS, Docker or the network."""
        return self.own_cpu + self.children_cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("process", "docker"), default="process")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path, help="where to put the medians, as JSON")
    given = parser.parse_args()
    medians = measured(given.engine, given.rounds)
    print(*table(medians), sep="\n")
    if given.write:
        given.write.write_text(json.dumps([asdict(each) for each in medians], indent=2) + "\n")


def measured(engine: str = "process", rounds: int = 3) -> list[Deployment]:
    """The medians of each kind."""
    found = [each for number in range(rounds) for each in deployments(engine, number)]
    return [median_of([each for each in found if each.kind == kind]) for kind in KINDS]


def deployments(engine: str, number: int) -> Iterator[Deployment]:
    """A deployment of each kind, in a project and a sandbox of their own."""
    with tempfile.TemporaryDirectory() as parent, project(Path(parent) / "tweets", engine) as folder:
        for kind in KINDS:
            if kind == "new model":
                command(folder, "train", "--seed", str(1000 + number))
            yield deployed(folder, kind)


@contextmanager
def project(folder: Path, engine: str) -> Iterator[Path]:
    """A trained project with a sandbox, which is gone afterwards."""
    command(folder.parent, "init", str(folder), "--data", "sample", "--region", "eu-west-1", "--no-input")
    command(folder, "train")
    command(folder, "sandbox", "up", "--engine", engine)
    try:
        yield folder
    finally:
        command(folder, "sandbox", "down")


def command(folder: Path, *arguments: str) -> None:
    subprocess.run(
        cli(*arguments), cwd=folder, env=compiled(), check=True, capture_output=True, stdin=subprocess.DEVNULL
    )


def compiled() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def cli(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sentiment_cli", *arguments]


def deployed(folder: Path, kind: str) -> Deployment:
    log = folder / ".sentiment/sandbox/access.log"
    before, began = lines_of(log), time.monotonic()
    # Its modules are compiled already, as they are for whoever runs it a second time.
    process = subprocess.Popen(
        cli("deploy", "--sandbox", "--yes", "--json"), cwd=folder, text=True, env=compiled(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and its counters can still be read
    seconds, (own, children) = time.monotonic() - began, cpu_of(process.pid)
    assert process.wait() == 0, said
    asked = [json.loads(line) for line in lines_of(log)[len(before) :]]
    steps = {step["resource"]: step["seconds"] for step in json.loads(said)["steps"]}
    return Deployment(kind, seconds, own, children, len(asked), sum(each["mutating"] for each in asked), steps)


def lines_of(log: Path) -> list[str]:
    return log.read_text().splitlines()


def cpu_of(pid: int) -> tuple[float, float]:
    """CPU seconds of a process, and of those it has waited for (proc_pid_stat(5): utime, stime, cutime, cstime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, their_user, their_system = (int(each) / TICKS for each in fields[11:15])
    return user + system, their_user + their_system


def median_of(found: list[Deployment]) -> Deployment:
    """Counts must not differ between rounds: they say what is done, not how fast."""
    counts = Counter((each.asked, each.mutating) for each in found)
    steps = {step: statistics.median(each.steps[step] for each in found) for step in found[0].steps}

    def middle(name: str) -> float:
        return round(statistics.median(getattr(each, name) for each in found), 2)

    asked, mutating = counts.most_common(1)[0][0]
    return Deployment(
        found[0].kind, middle("seconds"), middle("own_cpu"), middle("children_cpu"), asked, mutating, steps
    )


def table(medians: Sequence[Deployment]) -> Iterator[str]:
    """As Markdown: a row a kind, then a row a step."""
    yield "| `deploy` | seconds | CPU seconds, own | of its children | requests to AWS | that change it |"
    yield "|---|---|---|---|---|---|"
    for each in medians:
        cells = (f"{each.seconds:.1f}", f"{each.own_cpu:.2f}", f"{each.children_cpu:.2f}", each.asked, each.mutating)
        yield f"| {each.kind} | " + " | ".join(map(str, cells)) + " |"
    yield ""
    yield "| step | " + " | ".join(each.kind for each in medians) + " |"
    yield "|---|" + "---|" * len(medians)
    for step in medians[0].steps:
        shown = (f"{each.steps[step]:.2f} s" if step in each.steps else "kept" for each in medians)
        yield f"| {step} | " + " | ".join(shown) + " |"


if __name__ == "__main__":
    main()
