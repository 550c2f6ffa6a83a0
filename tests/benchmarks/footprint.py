"""What our server takes beside a rate: memory by number of workers, a model of a million terms, sizes of the image."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import processes, wrk
from tests.benchmarks.measuring import Questions
from tests.benchmarks.running import Place, running
from tests.benchmarks.servers import OURS, ROOT, Answer

WORKERS = (1, 2, 4)
STARTS = 3


def memory(questions: Questions, place: Place) -> dict[str, int]:
    """Bytes (PSS, all processes together) after load, by number of workers."""
    script = wrk.write_script(place.work / "memory.lua", [OURS.body([text]) for text in questions.texts])
    return {str(workers): _after_load(place, workers, script, questions) for workers in WORKERS}


def _after_load(place: Place, workers: int, script: Path, questions: Questions) -> int:
    with running(OURS, place, workers) as started:
        started.await_answer(questions.texts[0], questions.right[0])
        wrk.finish(wrk.start(script, started.port, 16, 2))
        return processes.pss(started.family())


def large_model(place: Place, folder: Path, terms: int) -> dict[str, Any]:
    """Seconds from the start to the first right answer, and memory by number of workers, with a model of `terms`."""
    if not (folder / "golden.json").exists():
        command = [sys.executable, "-m", "tests.benchmarks.large_model", str(folder), str(terms)]
        subprocess.run(command, check=True, cwd=ROOT)
    text, label, score = json.loads((folder / "golden.json").read_text())
    there = Place(folder / "model", place.environments, place.work)
    seconds = [_first(there, 2, text, (label, score))[0] for _ in range(STARTS)]
    memory = {str(workers): _first(there, workers, text, (label, score))[1] for workers in WORKERS}
    return {"terms": terms, "seconds": statistics.median(seconds), "pss": memory}


def _first(place: Place, workers: int, text: str, right: Answer) -> tuple[float, int]:
    with running(OURS, place, workers) as started:
        return started.await_answer(text, right), processes.pss(started.family())


def images(model: Path) -> dict[str, Any]:
    """Name of the image for this model, and bytes of it and of the one with scikit-learn; empty without an engine."""
    from sentiment_cli.clients import docker
    from sentiment_cli.errors import SentimentError

    manifest = json.loads((model / "manifest.json").read_text())
    try:
        engine = docker.connect()
        [small, large] = [_built(engine, {**manifest, "compiled": compiled}) for compiled in (True, False)]
    except SentimentError as error:
        print(f"no image: {error}", flush=True)
        return {}
    return {"name": small, "bytes": _size(small), "with_scikit_learn": _size(large)}


def _built(engine: Any, manifest: Mapping[str, Any]) -> str:
    from sentiment_cli.image import building, recipes

    recipe = recipes.recipe(manifest)
    if building.find(engine, recipe) is None:
        print(f"building {recipe.name} ({recipe.target})", flush=True)
    building.build(engine, recipe, lambda event: None)
    return recipe.name


def _size(name: str) -> int:
    command = ["docker", "image", "inspect", "--format", "{{.Size}}", name]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
