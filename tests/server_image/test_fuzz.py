"""Requests that nobody thought of: no answer is a 5xx, no process dies, and whoever asks beside them is not harmed.

FUZZ_REQUESTS=50000 makes it a long run with other requests each time; `pytest -s` shows the answers by status.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import odd_bodies
import odd_requests
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_bodies import Body
from odd_requests import Request
from running_server import RunningServer
from schemathesis import GenerationMode
from wire import Answer, Connection

from server_image.artifact import load, unpack
from server_image.model import Model

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "2000"))
LONG = "FUZZ_REQUESTS" in os.environ
SAMPLE = Path(__file__).parents[2] / "templates/project/data/tweets.csv"
STATUSES = {200, 400, 404, 405, 413, 415, 431}
QUIET_EVENTS = {"ready", "problem"}


def examples(share: float) -> Any:
    """So much of all requests for one property: in a short run always the same ones."""
    return settings(
        max_examples=max(10, int(REQUESTS * share)),
        derandomize=not LONG,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled model, trained on the bundled sample."""
    from sentiment_cli import artifacts, dataset, training
    from sentiment_cli.modelling import _ingredients
    from sentiment_cli.project import Tfidf

    folder = tmp_path_factory.mktemp("fuzz")
    rows = dataset.read(SAMPLE, seed=0)
    trained = training.train(rows, training.Options(Tfidf().vectorizer_options(), C=3.0))
    written = artifacts.write(_ingredients(trained, rows.texts), folder / "model.tar.gz")
    assert written.compiled
    unpack(written.path, folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def model(model_folder: Path) -> Model:
    """What the server should say, from the same artifact in this process."""
    return load(model_folder)


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[RunningServer]:
    log = model_folder.with_name("server.log")
    variables = {
        "MODEL_SERVER_MODEL_DIR": model_folder,
        "MODEL_SERVER_HOST": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": 0,
        "MODEL_SERVER_WORKERS": 2,
        "MODEL_SERVER_MAX_ROWS": odd_bodies.MAX_ROWS,
        "MODEL_SERVER_MAX_TEXT": odd_bodies.MAX_TEXT,
        "MODEL_SERVER_MAX_BODY": odd_bodies.MAX_BODY,
    }
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-m", "server_image", "serve"], stderr=file, env=environment)
    server = RunningServer(process, log)
    server.event("ready", 20)
    yield server
    process.kill()
    process.wait()


class Neighbour:
    """Asks the same thing all the time and expects the same answer."""

    def __init__(self, server: RunningServer, model: Model) -> None:
        self.asked, self.wrong = 0, ""
        body = Body(json.dumps({"input": [{"text": "I love it"}]}).encode(), "application/json", ("I love it",))
        self._request, self._right = odd_requests.plain(body), scored(model, body)
        self._port, self._over = server.port, threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def leave(self) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        with Connection(self._port) as connection:
            while not self._over.wait(0.02):
                connection.send(self._request)
                answer = connection.answer()
                self.asked += 1
                if answer is None or rows_of(answer) != self._right:
                    self.wrong = repr(answer)
                    return


class Ledger:
    """Sends requests, writes down what came back, and holds it against what the server itself has counted."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.answers: Counter[str] = Counter()

    def note(self, answer: Answer | None, kind: str) -> None:
        if answer is None:
            self.answers[f"{kind} closed"] += 1
            return
        self.answers[f"{kind} {answer.status}"] += 1
        assert answer.status in STATUSES, answer

    def by_status(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for name, number in self.answers.items():
            total[name.rsplit(" ", 1)[1]] += number
        return total


@pytest.fixture(scope="module")
def all_answers(server: RunningServer) -> Iterator[Ledger]:
    ledger = Ledger(server)
    yield ledger
    for name, number in sorted(ledger.answers.items()):
        print(f"\n{name:32} {number:>8,}", end="")
    print(f"\n{'requests':32} {ledger.answers.total():>8,}  {dict(ledger.by_status())}")


@pytest.fixture
def ledger(server: RunningServer, model: Model, all_answers: Ledger) -> Iterator[Ledger]:
    """After each test: no process was replaced, the log is free of defects, and the neighbour got its answers."""
    workers, neighbour = sorted(server.workers()), Neighbour(server, model)
    yield all_answers
    neighbour.leave()
    assert not neighbour.wrong
    assert neighbour.asked > 1
    assert sorted(server.workers()) == workers
    assert server.metric("model_server_worker_starts_total") == 2
    events = {event["event"] for event in server.events()}
    assert events <= QUIET_EVENTS, events
    assert ' code="5' not in server_metrics(server)


def server_metrics(server: RunningServer) -> str:
    with Connection(server.port) as connection:
        connection.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = connection.answer()
    assert answer
    return answer.body.decode()


def scored(model: Model, body: Body) -> list[tuple[str, float]]:
    assert body.texts is not None
    return model.predict(body.texts)


def rows_of(answer: Answer) -> list[tuple[str, float]]:
    """Label and score of each text, from any of the three media types."""
    if answer.media_type == "text/csv":
        pairs = [line.split(",") for line in answer.body.decode().splitlines()]
        return [(label, float(score)) for label, score in pairs]
    if answer.media_type == "application/json":
        rows = json.loads(answer.body)["output"]
    else:
        rows = [json.loads(line) for line in answer.body.splitlines()]
    return [(row["label"], row["score"]) for row in rows]


def test_every_good_batch_is_scored_as_the_model_does(server: RunningServer, model: Model, ledger: Ledger) -> None:
    @examples(0.2)
    @given(odd_bodies.good_bodies(), st.sampled_from((None, *odd_bodies.MEDIA_TYPES)))
    def check(body: Body, accept: str | None) -> None:
        fields = [] if accept is None else [b"Accept: " + accept.encode()]
        connection.send(odd_requests.plain(body, *fields))
        answer = connection.answer()
        ledger.note(answer, "good")
        assert answer
        assert answer.status == 200, answer
        assert answer.media_type == (accept or body.media_type)
        assert rows_of(answer) == scored(model, body)

    with Connection(server.port) as connection:
        check()


def test_odd_bodies_are_scored_or_refused(server: RunningServer, ledger: Ledger) -> None:
    @examples(0.25)
    @given(odd_bodies.odd_bodies)
    def check(body: Body) -> None:
        with Connection(server.port) as connection:
            connection.send(odd_requests.plain(body))
            answer = connection.answer()
            ledger.note(answer, "odd body")
            assert answer
            assert answer.status in (200, 400, 413), answer

    check()


def test_requests_in_a_row_each_get_their_own_answer(server: RunningServer, model: Model, ledger: Ledger) -> None:
    """Whatever a body holds, the next request on the connection begins after it."""

    @examples(0.1)
    @given(st.lists(odd_bodies.bodies, min_size=2, max_size=4), st.data())
    def check(several: list[Body], data: st.DataObject) -> None:
        stream = b"".join(odd_requests.plain(body) for body in several)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=3)))
        with Connection(server.port) as connection:
            connection.send(*(stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)))
            for body in several:
                answer = connection.answer()
                ledger.note(answer, "in a row")
                assert answer
                if body.texts is not None:
                    assert rows_of(answer) == scored(model, body)
                if answer.closes:
                    return

    check()


KINDS: dict[str, tuple[st.SearchStrategy[Request], float]] = {
    "odd head": (odd_requests.odd_heads(), 0.12),
    "unclear": (odd_requests.unclear(), 0.12),
    "cut short": (odd_requests.cut_short(), 0.06),
}


@pytest.mark.parametrize("kind", KINDS)
def test_odd_requests_are_answered_in_form(server: RunningServer, ledger: Ledger, kind: str) -> None:
    strategy, share = KINDS[kind]

    @examples(share)
    @given(strategy)
    def check(request: Request) -> None:
        with Connection(server.port) as connection:
            connection.send(request.data)
            if request.clear:
                _is_answered(connection, request, ledger, kind)
            else:
                _is_answered_or_closed(connection, request, ledger, kind)

    check()


def _is_answered(connection: Connection, request: Request, ledger: Ledger, kind: str) -> None:
    """And a plain request after it on the same connection, unless the answer says that it is the last."""
    answer = connection.answer(head=request.head)
    ledger.note(answer, kind)
    assert answer
    if answer.closes:
        assert connection.ends()
        return
    connection.send(b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    after = connection.answer()
    ledger.note(after, "ping after it")
    assert after
    assert (after.status, after.body) == (200, b"")


def _is_answered_or_closed(connection: Connection, request: Request, ledger: Ledger, kind: str) -> None:
    """Any number of answers, for nobody can say how many requests it is, or none."""
    connection.end(after=0.02)
    answer = connection.answer(head=request.head)
    ledger.note(answer, kind)
    while answer:
        answer = connection.answer()
        if answer:
            ledger.note(answer, "after it")


def _lines(write: Callable[[str], str]) -> st.SearchStrategy[bytes]:
    """For Schemathesis, which cannot know what text in these media types has to look like."""
    return st.lists(odd_bodies.texts, max_size=4).map(lambda texts: "".join(map(write, texts)).encode())


schemathesis.openapi.media_type(odd_bodies.JSON_LINES, _lines(lambda text: json.dumps({"text": text}) + "\n"))
schemathesis.openapi.media_type(odd_bodies.CSV, _lines(lambda text: '"' + text.replace('"', '""') + '"\n'))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["proper", "improper"])
def test_the_server_keeps_to_its_own_description(server: RunningServer, ledger: Ledger, mode: GenerationMode) -> None:
    """Schemathesis makes requests of /openapi.json and holds the answers against it: what is proper is accepted, what
    is not is refused, and every answer has a status, a media type and a shape that the description names."""
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    rejects = schema.config.checks.negative_data_rejection
    rejects.expected_statuses = ["400", "413", "415"]
    checked: Counter[str] = Counter()

    @examples(0.04)
    @given(schema["/invocations"]["POST"].as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        response = case.call()
        checked[case.media_type or ""] += 1
        ledger.answers[f"{mode.value} by description {response.status_code}"] += 1
        case.validate_response(response)

    check()
    assert set(checked) == set(odd_bodies.MEDIA_TYPES)


@pytest.mark.parametrize("path", ["/ping", "/execution-parameters", "/metrics"])
def test_what_it_tells_of_itself_is_as_described(server: RunningServer, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    schema[path]["GET"].Case().call_and_validate()
