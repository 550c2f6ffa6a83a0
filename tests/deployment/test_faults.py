"""Every operation that deploy, update and teardown ask, under every trouble; the outcomes are those of docs/faults.md.

What passes by itself is met by all operations of a command at once, what lasts by one at a time. A run has a part of
it, 24 runs have all, see `tests.rotation`. FULL_MATRIX=1 has everything, and goes on where an earlier run stopped, for
MINUTES=n where that is set; with UPDATE_GOLDEN=1 it writes the document.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from sentiment_cli import sandbox
from sentiment_cli.project import ARTIFACT
from tests import rotation
from tests.deployment import driver, troubles
from tests.deployment.matrix import Stage, folder_of, retrained
from tests.deployment.struck import Struck
from tests.deployment.troubles import LASTING, PASSING, TROUBLES, VERBS, Cell, Place

FULL = os.environ.get("FULL_MATRIX") == "1"
SLICES = 4
RUNS = SLICES * len(PASSING)
ENDPOINTS = (
    ("slow-start", 0, None, "", ""),
    ("no-capacity", 6, "endpoint-failed", "InsufficientInstanceCapacity", "AWS has no such machine free now"),
    ("unhealthy", 6, "endpoint-failed", "did not pass the ping health check", "serve-local"),
    ("quota", 5, "ResourceLimitExceeded", "limit", "Service Quotas"),
)


@pytest.fixture(scope="module")
def stage(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = folder_of(trained, tmp_path_factory.mktemp("faults"))
    box = sandbox.up(folder, engine="process")
    yield Stage(box, driver.target_of(folder, with_api=True))
    sandbox.down(folder)


@pytest.fixture
def struck(stage: Stage, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Struck:
    # Chalice waits for seconds between attempts.
    for name, value in {**stage.box.environment(), "AWS_MAX_ATTEMPTS": "4"}.items():
        monkeypatch.setenv(name, value)
    shutil.copy(trained / ARTIFACT, tmp_path / "deploy.tar.gz")
    retrained(trained / ARTIFACT, tmp_path / "update.tar.gz")
    return Struck(stage, tmp_path)


@pytest.mark.timeout(0 if FULL else 900)
def test_every_trouble_ends_as_the_document_says(struck: Struck, pytestconfig: pytest.Config) -> None:
    struck.look_around()
    if FULL and not everything(struck, pytestconfig):
        pytest.skip("not every cell is known yet; the next run goes on")
    document = troubles.written()
    assert {place for place, _ in document} == set(struck.asked)
    todo = [] if FULL else [each for each in chosen(struck.asked) if (each[0], each[1].title) in document]
    while todo:
        found = struck.turn(next_turn(todo))
        assert found == {(place, trouble): document[place, trouble.title] for place, trouble in found}
        todo = [each for each in todo if each not in found]


@pytest.mark.parametrize(("verb", "operation"), [("deploy", "CreateEndpoint"), ("update", "UpdateEndpoint")])
def test_an_endpoint_in_trouble(struck: Struck, verb: str, operation: str) -> None:
    for kind, exit_code, code, why, fix in ENDPOINTS if FULL else rotation.part(ENDPOINTS, len(ENDPOINTS)):
        for before in VERBS[: VERBS.index(verb)]:
            struck.well(before)
        serving = struck.serving()
        struck.stage.box.add_fault(kind, f"sagemaker:{operation}", seconds=1)
        error = struck.act(verb)
        if code is None:
            assert error is None
        else:
            assert error is not None
            expected = "rolled-back" if (verb, code) == ("update", "endpoint-failed") else code
            assert (error.exit_code, error.code) == (exit_code, expected)
            assert why in error.why
            assert fix in error.fix
            assert "What was made before is kept" in error.fix
            if verb == "update":
                assert struck.serving() == serving  # the version before
        struck.well(verb)
        struck.well("teardown")


def everything(struck: Struck, config: pytest.Config) -> bool:
    """Every cell, kept in pytest's cache on the way; the document has as many as are known."""
    cache, ends = config.cache, time.monotonic() + 60 * float(os.environ.get("MINUTES") or 1e6)
    assert cache is not None
    known: dict[str, str] = cache.get("faults/outcomes", {})
    cells = [(place, trouble) for trouble in TROUBLES for place in struck.asked if not (trouble.lasts and place.last)]
    while (todo := [each for each in cells if key(each) not in known]) and time.monotonic() < ends:
        known |= {key(cell): outcome for cell, outcome in tried(struck, next_turn(todo)).items()}
        cache.set("faults/outcomes", known)
    table = {(each[0], each[1].title): known[key(each)] for each in cells if key(each) in known}
    if os.environ.get("UPDATE_GOLDEN") == "1":
        troubles.write(troubles.rendered(table, struck.asked))
    assert troubles.written() == table
    return len(table) == len(cells)


def tried(struck: Struck, turn: Sequence[Cell]) -> dict[Cell, str]:
    """What came of a turn; of a cell that fails, that, so that the others get their turns."""
    try:
        return struck.turn(turn)
    except Exception as error:
        print(f"{[key(each) for each in struck.now]}: {type(error).__name__}: {error}")
        struck.stage.box.clear_faults()
        struck.well("teardown")
        return dict.fromkeys(struck.now, "fails")


def key(cell: Cell) -> str:
    place, trouble = cell
    return f"{place.verb} {place}: {trouble.title}"


def chosen(places: Collection[Place]) -> list[Cell]:
    """One of the troubles that pass, everywhere, and a part of what lasts."""
    run = rotation.RUN
    passing = PASSING[run % len(PASSING)]
    # What is never answered takes a second each time.
    where = list(places) if passing.kind != "slow" else list(places)[run // len(PASSING) % SLICES :: SLICES]
    lasting = [(place, trouble) for trouble in LASTING for place in sorted(places, key=str) if not place.last]
    return [*((place, passing) for place in where), *lasting[run % RUNS :: RUNS]]


def next_turn(todo: Sequence[Cell]) -> list[Cell]:
    """What is met in the next round of the three commands: one trouble that passes, else some of what lasts."""
    together = next((each for each in PASSING if any(trouble == each for _, trouble in todo)), None)
    if together is not None:
        return [each for each in todo if each[1] == together]
    return [each for verb in VERBS for each in [each for each in todo if each[0].verb == verb][:6]]
