"""The log of the last training: what is in it, what never is, and what becomes of it where it cannot be written."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from sentiment_cli import training_log
from sentiment_cli.errors import InputError, Refused
from sentiment_cli.events import Event, Note, Progress, StepDone, StepStarted, ignore
from sentiment_cli.training_log import LONGEST, MOST_LINES, PATH, kept, read


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sentiment.toml").write_text('name = "tweets"\n')
    return tmp_path


def texts(project: Path) -> list[str]:
    return [each.text for each in read(project)]


def test_notes_and_finished_steps_are_written_at_once_and_passed_on(project: Path) -> None:
    passed: list[Event] = []
    events = (StepStarted(1, 2, "Fit"), Progress("Counting", 1, 2), Note("odd", "warning"), StepDone("Fit", 1.25, "ok"))
    with kept(project) as log:
        emit = log.heard(passed.append)
        for event in events:
            emit(event)
        begin, *said = read(project)
        log.write("the end")
    assert tuple(passed) == events
    assert "sentiment-cli" in begin.text
    assert "scikit-learn" in begin.text
    assert [(each.level, each.text) for each in said] == [("warning", "odd"), ("info", "Fit, 1.2 s: ok")]
    assert texts(project)[-1] == "the end"
    assert [each.text for each in read(project, read(project)[-1].at + 1)] == []


def test_it_is_of_the_last_run_alone_and_for_this_user_alone(project: Path) -> None:
    for name in ("first", "second"):
        with kept(project) as log:
            log.write(name)
    assert texts(project)[1:] == ["second"]
    assert stat.S_IMODE((project / PATH).stat().st_mode) == 0o600
    assert stat.S_IMODE((project / PATH).parent.stat().st_mode) == 0o700


def test_its_size_is_bounded(project: Path) -> None:
    with kept(project) as log:
        for _ in range(MOST_LINES * 2):
            log.write("😀" * LONGEST * 2)
    assert len(read(project)) == MOST_LINES
    assert max(map(len, texts(project))) == LONGEST


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("Cannot tell.", "The columns are 'I hate this'.", code="no-text-column"), "Failed: no-text-column"),
        (Refused("Not good enough.", code="min-accuracy"), "Refused: Not good enough."),
        (KeyboardInterrupt(), "Interrupted"),
        (ValueError("I hate this"), "Failed: ValueError"),
    ],
)
def test_how_it_ended_is_told_and_no_text_of_an_error(project: Path, error: BaseException, told: str) -> None:
    with pytest.raises(type(error)), kept(project):
        raise error
    last = read(project)[-1]
    assert (last.level, last.text) == ("error", told)
    assert "hate" not in (project / PATH).read_text()


def test_a_folder_that_is_no_project_keeps_none(tmp_path: Path) -> None:
    with kept(tmp_path) as log:
        log.write("x")
    assert list(tmp_path.iterdir()) == []
    assert read(tmp_path) == []


def test_where_it_cannot_be_written_the_training_goes_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".sentiment").write_text("in the way")
    with kept(project) as log:
        log.heard(ignore)(Note("x"))
    (project / ".sentiment").unlink()
    (project / ".sentiment").mkdir()
    (project / PATH).symlink_to("/dev/full")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with kept(project) as log:
            log.write("x")
    (project / PATH).unlink()
    assert read(project) == []


def test_what_is_no_line_of_it_is_passed_over(project: Path) -> None:
    with kept(project):
        pass
    with (project / PATH).open("a") as file:
        file.write('{"time": "2026-01-01T00:00:00+00:00", "level": "info", "text": "old"}\n[]\n{"time": 3}\n\xff\n{"ti')
    assert texts(project)[1:] == ["old"]
    assert json.loads((project / PATH).read_text().splitlines()[0])["level"] == "info"
    assert training_log.PATH.parts[0] == ".sentiment"
