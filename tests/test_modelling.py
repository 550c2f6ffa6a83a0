"""From rows to the files in model/: what is written, what a refusal leaves alone, what is told on the way."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import joblib
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sentiment_cli import modelling
from sentiment_cli.errors import InputError, Refused
from sentiment_cli.events import Event, Note, Progress, StepDone, StepStarted
from sentiment_cli.project import Model, Tfidf
from sentiment_cli.rows import Rows
from server_image import artifact
from tests.training.conftest import tweets

ARTIFACT, REPORT, REFUSED = "model/model.tar.gz", "model/report.html", "model/refused.html"


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    texts, labels = tweets(600)
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *zip(texts, labels.tolist(), strict=True)])
    return Rows(path, None, None, None, None, None, None)


def fit(rows: Rows, folder: Path, told: list[Event] | None = None, **model: float) -> modelling.Outcome:
    return modelling.fit("tweets", rows, Model(**model), folder, (told if told is not None else []).append)  # type: ignore[arg-type]


def test_the_artifact_says_what_was_measured_on_which_rows(rows: Rows, tmp_path: Path) -> None:
    outcome = fit(rows, tmp_path)
    artifact.unpack(tmp_path / ARTIFACT, tmp_path / "unpacked")
    manifest = artifact.verify(tmp_path / "unpacked")
    assert outcome.trained is not None
    assert manifest["metrics"] == outcome.trained.metrics.summary()
    assert manifest["labels"] == ["Negative", "Positive"]
    assert manifest["data_sha256"] == outcome.trained.data_sha256
    assert manifest["compiled"] is outcome.compiled is True
    opened = artifact.load(tmp_path / "unpacked")
    for each in manifest["golden"]:
        ((label, score),) = opened.predict([each["text"]])
        assert label == each["label"]
        assert score == pytest.approx(each["score"], abs=1e-9)


def test_rows_and_options_decide_the_digest(rows: Rows, tmp_path: Path) -> None:
    first, again = fit(rows, tmp_path).sha256, fit(rows, tmp_path).sha256
    assert first == again
    assert first != fit(rows, tmp_path, seed=1).sha256
    assert first != fit(rows, tmp_path, C=1.0).sha256


def test_a_model_below_the_threshold_leaves_the_one_of_before(rows: Rows, tmp_path: Path) -> None:
    fit(rows, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in (ARTIFACT, REPORT)}
    with pytest.raises(Refused) as caught:
        fit(rows, tmp_path, min_accuracy=0.999)
    assert caught.value.exit_code == 5
    assert caught.value.code == "min-accuracy"
    assert caught.value.why == "No artifact was written; the earlier one is still there."
    assert REFUSED in caught.value.fix
    assert (tmp_path / REFUSED).is_file()
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_below_the_threshold_the_first_model_is_not_written(rows: Rows, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        fit(rows, tmp_path, min_accuracy=0.999)
    assert caught.value.why == "No artifact was written."
    assert not (tmp_path / ARTIFACT).exists()
    fit(rows, tmp_path, min_accuracy=0.5)
    assert (tmp_path / ARTIFACT).is_file()
    assert not (tmp_path / REFUSED).exists()


def test_the_threshold_itself_is_good_enough(rows: Rows, tmp_path: Path) -> None:
    trained = fit(rows, tmp_path).trained
    assert trained is not None
    fit(rows, tmp_path, min_accuracy=trained.metrics.accuracy)


def test_a_refusal_never_reads_as_if_the_threshold_were_met(rows: Rows, tmp_path: Path) -> None:
    trained = fit(rows, tmp_path).trained
    assert trained is not None
    with pytest.raises(Refused) as caught:
        fit(rows, tmp_path, min_accuracy=trained.metrics.accuracy + 1e-5)
    figures = [word.strip(",") for word in caught.value.what.split() if word[0].isdigit()]
    assert float(figures[0]) < float(figures[1])


def test_a_model_that_has_learnt_nothing_is_told_to_be_that(tmp_path: Path) -> None:
    path = tmp_path / "once.csv"
    texts = [(f"day{number % 97} in week {number % 53}", "good" if number % 5 < 4 else "bad") for number in range(2000)]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *texts])
    told: list[Event] = []
    fit(Rows(path, None, None, None, None, None, None), tmp_path, told)
    warnings = [event.text for event in told if isinstance(event, Note) and event.level == "warning"]
    assert any("no better than always saying" in text for text in warnings), warnings


def test_rows_that_cannot_be_read_leave_the_model_of_before(rows: Rows, tmp_path: Path) -> None:
    fit(rows, tmp_path)
    before = (tmp_path / ARTIFACT).read_bytes()
    with pytest.raises(InputError):
        fit(replace(rows, text_column="nothing"), tmp_path)
    assert (tmp_path / ARTIFACT).read_bytes() == before


def test_steps_are_numbered_through_and_rows_are_counted(rows: Rows, tmp_path: Path) -> None:
    told: list[Event] = []
    fit(rows, tmp_path, told)
    steps = [each for each in told if isinstance(each, StepStarted)]
    assert [(each.number, each.total) for each in steps] == [(n, 5) for n in range(1, 6)]
    assert [each.title for each in told if isinstance(each, StepDone)] == [each.title for each in steps]
    assert any(each.unit == "rows" and each.done == each.total for each in told if isinstance(each, Progress))


@pytest.mark.parametrize(
    ("min_df", "kept"), [(0.01, "at least 0.01 of all texts<"), (1, "at least 1 text<"), (2, "at least 2 texts<")]
)
def test_the_report_says_how_the_model_was_made(rows: Rows, tmp_path: Path, min_df: float, kept: str) -> None:
    model = Model(tfidf=Tfidf(min_df=min_df))
    outcome = modelling.fit("tweets", rows, model, tmp_path, lambda event: None)
    assert outcome.report == tmp_path / REPORT
    html = outcome.report.read_text(encoding="utf-8")
    assert kept in html
    assert f"{outcome.rows} rows" in html


def test_a_brought_model_has_no_report(rows: Rows, tmp_path: Path) -> None:
    fit(rows, tmp_path)
    (tmp_path / REFUSED).touch()
    texts, labels = tweets(200)
    joblib.dump(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels), tmp_path / "m.joblib")
    told: list[Event] = []
    outcome = modelling.bring(tmp_path / "m.joblib", tmp_path, told.append)
    assert outcome.report is None
    assert outcome.compiled
    assert not (tmp_path / REPORT).exists()
    assert not (tmp_path / REFUSED).exists()
    assert [(each.number, each.total) for each in told if isinstance(each, StepStarted)] == [(1, 2), (2, 2)]
    assert not [each for each in told if isinstance(each, Note)]
