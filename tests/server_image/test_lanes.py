"""Who answers a request: what is little work for the model is the loop's, and all else a thread's."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment_cli.compiling import compile_model
from server_image.framing import Whole
from server_image.lanes import SHORT, Lanes, effort
from server_image.scorer import Scorer

MEDIUM = 20_000


class Asked(NamedTuple):
    """A request as the lanes see it, on a connection where the loop is `reading`."""

    body: bytes
    address: str = "/invocations"
    error: Exception | None = None
    reading: bool = True


def lane_of(asked: Asked, quick: int) -> str:
    body = Whole(asked.body) if asked.body else None
    request = SimpleNamespace(address=asked.address, error=asked.error, body_rcv=body)
    taken: list[str] = []
    server = SimpleNamespace(later=lambda _channel: taken.append("later"))
    channel: Any = SimpleNamespace(
        requests=[request], at_once=False, server=server, answers_at_once=lambda: asked.reading
    )
    lanes = Lanes(0, quick)
    for name, threads in (("scoring", lanes._scoring), ("rest", lanes._rest)):
        threads.add_task = lambda _channel, name=name: taken.append(name)
    lanes.add_task(channel)
    [lane] = [*taken, *["at once"] * channel.at_once]
    return lane


@pytest.mark.parametrize(
    ("asked", "lane"),
    [
        (Asked(b"a" * SHORT), "at once"),
        (Asked(b"a" * (SHORT + 1)), "later"),
        (Asked(b"a" * MEDIUM), "later"),
        (Asked(b"a" * (MEDIUM + 1)), "scoring"),
        (Asked(b"", "/ping"), "at once"),
        (Asked(b"", "/metrics"), "rest"),
        (Asked(b"\n" * 40), "at once"),
        (Asked(b"\n" * SHORT), "scoring"),
        (Asked(b'{"explain": true, ' + b"a" * 100), "at once"),
        (Asked(b'{"explain": true, ' + b"a" * 1000), "later"),
        (Asked(b'{"explain": true, ' + b"a" * SHORT), "scoring"),
        (Asked(b"a" * SHORT, reading=False), "scoring"),
        (Asked(b"a" * MEDIUM, reading=False), "scoring"),
        (Asked(b"", "/ping", reading=False), "rest"),
        (Asked(b"a" * SHORT, error=ValueError()), "rest"),
        (Asked(b"a" * MEDIUM, error=ValueError()), "rest"),
    ],
)
def test_the_loop_takes_what_is_not_much_work(asked: Asked, lane: str) -> None:
    assert lane_of(asked, quick=MEDIUM) == lane


@pytest.mark.parametrize("size", [1, SHORT, MEDIUM])
def test_of_a_model_that_nobody_knows_the_loop_takes_nothing(size: int) -> None:
    assert lane_of(Asked(b"a" * size), quick=0) == "scoring"
    assert lane_of(Asked(b"", "/ping"), quick=0) == "rest"


class Long(Whole):
    """A body that must not be read here."""

    def content(self) -> bytes:
        raise AssertionError("the loop reads all of a long body")


@pytest.mark.parametrize("quick", [0, MEDIUM])
def test_the_loop_does_not_read_what_is_long(monkeypatch: pytest.MonkeyPatch, quick: int) -> None:
    monkeypatch.setattr("test_lanes.Whole", Long)
    assert lane_of(Asked(b"a" * (MEDIUM + 1)), quick) == "scoring"


def test_a_slower_model_gets_less_of_the_loop() -> None:
    assert [lane_of(Asked(b"a" * size), quick=1000) for size in (1000, 1001, SHORT)] == [
        "at once",
        "scoring",
        "scoring",
    ]


OPTIONS = (
    {},
    {"ngram_range": (1, 3)},
    {"analyzer": "char_wb", "ngram_range": (2, 5)},
    {"analyzer": "char", "ngram_range": (1, 6)},
)


@pytest.mark.parametrize("classes", [2, 20])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_what_a_real_model_says_it_takes_is_about_a_millisecond(options: dict[str, Any], classes: int) -> None:
    """Within a factor of ten, for machines differ; without all this it may be three hundred."""
    texts = [f"{word} is a word, and so is number {number}" for number in range(400) for word in ("good", "bad")]
    vectorizer = TfidfVectorizer(**{"token_pattern": r"(?u)\b\w\w+\b"} | options).fit(texts)
    labels = [number % classes for number in range(len(texts))]
    classifier = LogisticRegression(max_iter=5).fit(vectorizer.transform(texts), labels)
    compiled = compile_model(vectorizer, classifier, tuple(map(str, range(classes))))
    scorer = Scorer.from_json(orjson.dumps(compiled))
    shorter = texts[::2]
    bodies = {
        "json": json.dumps({"input": [{"text": text} for text in shorter]}).encode(),
        "csv": b"\n" * MEDIUM,
        "explaining": json.dumps({"explain": True, "input": [{"text": text} for text in shorter]}).encode(),
    }
    for kind, body in bodies.items():
        scored = [""] * len(body) if kind == "csv" else shorter
        spent = min(_seconds(scorer, scored, explaining=kind == "explaining") for _ in range(3))
        assert spent * scorer.quick / effort(body) < 0.01, kind


def _seconds(scorer: Scorer, texts: list[str], *, explaining: bool) -> float:
    began = time.process_time()
    scorer.predict(texts)
    if explaining:
        for text in texts:
            scorer.explain(text)
    return time.process_time() - began
