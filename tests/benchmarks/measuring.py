"""One turn of one server: started, held against scikit-learn's answers, loaded, held against them again, ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import processes, wrk
from tests.benchmarks.model import BATCH
from tests.benchmarks.running import Place, Running, running, wrong
from tests.benchmarks.servers import Answer, Server

CHECKED = 100  # texts, one a request
WARM_UP = 1.0  # seconds


@dataclass(frozen=True)
class Row:
    """So many texts in each request, on so many connections."""

    texts: int
    connections: int

    @property
    def name(self) -> str:
        return f"{self.texts}x{self.connections}"


ROWS = (Row(1, 1), Row(1, 16), Row(1, 64), Row(BATCH, 4))


@dataclass(frozen=True)
class Questions:
    """Texts, and what scikit-learn answers to each."""

    texts: Sequence[str]
    right: Sequence[Answer]
    terms: int = 0
    """Of the model."""

    def batches(self) -> list[list[str]]:
        whole = range(0, len(self.texts) - BATCH + 1, BATCH)
        return [list(self.texts[first : first + BATCH]) for first in whole]


def turn(server: Server, questions: Questions, place: Place, workers: int, seconds: float) -> dict[str, Any]:
    """What was measured, in plain data. Raises CannotRun."""
    scripts = _scripts(server, questions, place.work)
    with running(server, place, workers) as started:
        found: dict[str, Any] = {"ping": started.await_ping()}
        if server.limit:
            mistakes = 0
        else:
            found["answer"] = started.await_answer(questions.texts[0], questions.right[0])
            mistakes = check(started, questions)
        wrk.finish(wrk.start(scripts[1], started.port, 16, WARM_UP))
        rows = {row.name: _load(started, scripts[row.texts], row, seconds) for row in ROWS}
        family = started.family()
        found |= {"rows": rows, "pss": processes.pss(family), "processes": len(family)}
        mistakes += 0 if server.limit else check(started, questions)
    failed = sum(row["failed"] for row in rows.values())
    return {**found, "checked": 0 if server.limit else 2 * (CHECKED + 2 * BATCH), "wrong": mistakes + failed}


def check(started: Running, questions: Questions) -> int:
    """Wrong answers, of CHECKED texts one by one and of two batches; no answer is a wrong one."""
    singly = sum(_mistakes(started, [text], [right]) for text, right in _pairs(questions, 0, CHECKED))
    several = (_pairs(questions, first, BATCH) for first in (0, BATCH))
    return singly + sum(_mistakes(started, *map(list, zip(*pairs, strict=True))) for pairs in several)


def _pairs(questions: Questions, first: int, number: int) -> list[tuple[str, Answer]]:
    chosen = slice(first, first + number)
    return list(zip(questions.texts[chosen], questions.right[chosen], strict=True))


def _mistakes(started: Running, texts: list[str], right: list[Answer]) -> int:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return wrong(started.ask(texts), right)
    return len(texts)


def _scripts(server: Server, questions: Questions, folder: Path) -> dict[int, Path]:
    """For wrk, by texts a request."""
    bodies = {
        1: [server.body([text]) for text in questions.texts],
        BATCH: [server.body(batch) for batch in questions.batches()],
    }
    return {
        texts: wrk.write_script(folder / f"{server.name}-{texts}.lua", lines, server.path)
        for texts, lines in bodies.items()
    }


def _load(started: Running, script: Path, row: Row, seconds: float) -> dict[str, Any]:
    family, spent = started.family(), processes.cpu_seconds(started.family())
    load = wrk.finish(wrk.start(script, started.port, row.connections, seconds))
    time.sleep(0.05)  # for what was in flight
    spent = processes.cpu_seconds(family) - spent
    return asdict(load) | {"cpu": 1e6 * spent / max(1, load.requests)}
