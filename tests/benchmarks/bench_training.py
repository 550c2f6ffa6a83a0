"""Time and peak memory of training against plain scikit-learn, on the same rows with the same options.

    python tests/benchmarks/bench_training.py ROWS_FILE [--rows N] [--rounds N]

Each fit runs in a process of its own. Memory is the proportional set size of it and all its children together, sampled
10 times a second (Linux only), so that pages shared by forked processes count once. The rounds alternate, for other
programs on the machine disturb both alike then; the best time of each is compared. CPU time, of all processes together,
depends least on what else runs; where it is twice the wall time, two CPUs were at work all the time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import processes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--side", choices=("plain", "ours"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measure(given.file, given.rows, given.side)))
        return
    runs: dict[str, list[dict[str, Any]]] = {"plain": [], "ours": []}
    for _ in range(given.rounds):
        for side, found in runs.items():
            found.append(run(given, side))
            print(side, json.dumps(found[-1]), flush=True)
    best = {side: min(run["seconds"] for run in found) for side, found in runs.items()}
    cpu = {side: min(run["cpu"] for run in found) for side, found in runs.items()}
    peak = {side: min(run["peak_mb"] for run in found) for side, found in runs.items()}
    print(f"time   ours / plain = {best['ours'] / best['plain']:.2f}")
    print(f"CPU    ours / plain = {cpu['ours'] / cpu['plain']:.2f}")
    print(f"memory ours / plain = {peak['ours'] / peak['plain']:.2f}")
    print(f"accuracy ours - plain = {100 * (runs['ours'][0]['accuracy'] - runs['plain'][0]['accuracy']):+.3f} points")


def run(given: argparse.Namespace, side: str) -> dict[str, Any]:
    command = [sys.executable, __file__, given.file, "--side", side]
    command += ["--rows", str(given.rows)] if given.rows else []
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(file: str, limit: int | None, side: str) -> dict[str, Any]:
    from sentiment_cli.dataset import read
    from sentiment_cli.training.split import hold_out

    data = read(file, limit=limit)
    learn, aside = hold_out(data.texts, data.labels, data.names, 0.1, 0)
    texts, labels = [data.texts[i] for i in learn.tolist()], data.labels[learn]
    test, truth = [data.texts[i] for i in aside.tolist()], data.labels[aside]
    del data, learn, aside
    fit = {"plain": plain, "ours": ours}[side]
    import_all()
    with Peak() as peak:
        began, busy = time.perf_counter(), sum(os.times()[:4])
        model = fit(texts, labels)
        seconds, cpu = time.perf_counter() - began, sum(os.times()[:4]) - busy
    return {
        "seconds": round(seconds, 2),
        "cpu": round(cpu, 2),
        "peak_mb": round(peak.bytes / 2**20),
        "accuracy": float((model.predict_proba(test).argmax(axis=1) == truth).mean()),
        "terms": len(model[0].vocabulary_),
        "steps": int(model[1].n_iter_[0]),
        "stages": getattr(model, "stages", None),
    }


def import_all() -> None:
    """What is imported before the clock starts, on both sides."""
    import sentiment_cli.training  # noqa: F401


def plain(texts: list[str], labels: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from sentiment_cli.project import Model

    vectorizer = TfidfVectorizer(**Model().tfidf.vectorizer_options())
    return make_pipeline(vectorizer, LogisticRegression(C=Model().C)).fit(texts, labels)


def ours(texts: list[str], labels: Any) -> Any:
    from sklearn.pipeline import make_pipeline

    from sentiment_cli.project import Model
    from sentiment_cli.training import Options
    from sentiment_cli.training.fitting import fit

    stages: dict[str, float] = {}
    began = time.perf_counter()

    def note(event: Any) -> None:
        label = getattr(event, "label", None)
        if label:
            stages[label] = round(time.perf_counter() - began, 2)

    options = Options(Model().tfidf.vectorizer_options(), C=Model().C)
    model = make_pipeline(*fit(texts, labels, ("Negative", "Positive"), options, note))
    model.stages = stages
    return model


class Peak:
    """The largest memory of this process and its descendants while the block runs."""

    def __enter__(self) -> Peak:
        self.bytes = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _sample(self) -> None:
        while not self.over.wait(0.1):
            self.bytes = max(self.bytes, processes.pss(processes.family(os.getpid())))


if __name__ == "__main__":
    main()
