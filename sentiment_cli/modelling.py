"""From rows (or a model fitted elsewhere) to the files in model/: artifact and report, or a refusal that keeps both.

Imports scikit-learn through `training`, so it is itself imported only when a model is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import floor
from pathlib import Path

from sentiment_cli import artifacts, training
from sentiment_cli.errors import Refused
from sentiment_cli.events import Emit, Event, Note, StepDone, StepStarted
from sentiment_cli.project import ARTIFACT, REPORT, Model
from sentiment_cli.report import Facts, write_report
from sentiment_cli.rows import Rows

TRAINING_STEPS = 3
PROBE_ROWS = 500  # of the training texts, to hold the compiled model against scikit-learn's on
REFUSED_REPORT = REPORT.with_name("refused.html")


@dataclass(frozen=True)
class Outcome:
    """What was made. `report` and `trained` are None for a model that was brought: nothing was measured."""

    artifact: Path
    sha256: str
    labels: tuple[str, ...]
    compiled: bool
    not_compiled_because: str
    seconds: float
    trained: training.Trained | None = None
    rows: int = 0
    report: Path | None = None


def fit(name: str, rows: Rows, model: Model, directory: Path, emit: Emit) -> Outcome:
    """Read `rows`, fit, measure, write model/ in `directory`.

    Raises InputError for rows no model can be made of, Refused (with the report written beside) for a model below
    `model.min_accuracy`; the artifact of before is kept in both cases.
    """
    began = time.monotonic()
    total = TRAINING_STEPS + 2
    with _step("Read the rows", 1, total, emit) as detail:
        dataset = rows.read(model.seed, emit)
        detail(f"{dataset.findings.rows:,} rows")
    for note in dataset.findings.notes():
        emit(note)
    options = training.Options(model.tfidf.vectorizer_options(), model.C, model.test_size, model.seed)
    trained = training.train(dataset, options, _shifted(emit, 1, total))
    facts = Facts(name, dataset.findings.lines(), _made(trained, model))
    _refuse_below(model.min_accuracy, trained, facts, directory)
    for note in _doubts(trained.metrics):
        emit(note)
    with _step("Write the artifact and the report", total, total, emit) as detail:
        written = artifacts.write(_ingredients(trained, dataset.texts), directory / ARTIFACT)
        write_report(directory / REPORT, trained.metrics, facts)
        (directory / REFUSED_REPORT).unlink(missing_ok=True)
        detail(f"{written.path.stat().st_size / 1e6:.1f} MB")
    seconds = time.monotonic() - began
    return _outcome(written, trained.names, seconds, trained, dataset.findings.rows, directory / REPORT)


def bring(path: Path, directory: Path, emit: Emit) -> Outcome:
    """Make the artifact of the model in the joblib file at `path`; the report of an earlier one is removed.

    Raises InputError for a file that holds no model that can be served.
    """
    began = time.monotonic()
    with _step("Check the model in a process of its own", 1, 2, emit):
        brought = training.bring(path, emit)
    with _step("Write the artifact", 2, 2, emit):
        written = artifacts.write(brought, directory / ARTIFACT)
        for report in (REPORT, REFUSED_REPORT):
            (directory / report).unlink(missing_ok=True)
    return _outcome(written, brought.labels, time.monotonic() - began)


def _ingredients(trained: training.Trained, texts: Sequence[str]) -> artifacts.Ingredients:
    return artifacts.Ingredients(
        labels=trained.names,
        probe=texts[:: max(1, len(texts) // PROBE_ROWS)],
        golden=[(each.text, each.label, each.score) for each in trained.golden],
        vectorizer=trained.vectorizer,
        classifier=trained.classifier,
        metrics=trained.metrics.summary(),
        data_sha256=trained.data_sha256,
    )


def _outcome(
    written: artifacts.Written,
    labels: tuple[str, ...],
    seconds: float,
    trained: training.Trained | None = None,
    rows: int = 0,
    report: Path | None = None,
) -> Outcome:
    return Outcome(
        artifact=written.path,
        sha256=written.sha256,
        labels=labels,
        compiled=written.compiled,
        not_compiled_because=written.reason_not_compiled,
        seconds=seconds,
        trained=trained,
        rows=rows,
        report=report,
    )


def _doubts(metrics: training.Metrics) -> Iterator[Note]:
    if metrics.accuracy <= metrics.baseline_accuracy:
        always = f"always saying {metrics.baseline_label} ({metrics.baseline_accuracy:.3f})"
        advice = "Are these the right columns? Are the labels right?"
        yield Note(f"The model is no better than {always}: it has learnt nothing. {advice}", "warning")


def _refuse_below(threshold: float | None, trained: training.Trained, facts: Facts, directory: Path) -> None:
    accuracy = trained.metrics.accuracy
    if threshold is None or accuracy >= threshold:
        return
    report = directory / REFUSED_REPORT
    write_report(report, trained.metrics, facts)
    shown = floor(accuracy * 1000) / 1000  # rounded up it could read like the threshold
    raise Refused(
        f"The model is not good enough: accuracy {shown:.3f}, at least {threshold:g} is wanted.",
        f"No artifact was written{'; the earlier one is still there' if (directory / ARTIFACT).exists() else ''}.",
        f"{report} shows where it goes wrong. Add or correct rows, or lower min_accuracy.",
        code="min-accuracy",
    )


def _made(trained: training.Trained, model: Model) -> dict[str, str]:
    """How the model was made, for its report."""
    import sklearn

    tfidf = model.tfidf
    low, high = tfidf.ngram_range
    texts = "text" if tfidf.min_df == 1 else "texts"
    least = f"{tfidf.min_df} {texts}" if isinstance(tfidf.min_df, int) else f"{tfidf.min_df:.4g} of all texts"
    return {
        "features": f"TF-IDF of {tfidf.analyzer} n-grams, {low} to {high}; {trained.metrics.terms:,} terms",
        "terms kept": f"those in at least {least}",
        "classifier": f"logistic regression, C = {model.C:g}",
        "kept aside": f"{model.test_size:.0%} of the rows, seed {model.seed}",
        "scikit-learn": sklearn.__version__,
        "data SHA-256": trained.data_sha256,
    }


@contextmanager
def _step(title: str, number: int, total: int, emit: Emit) -> Iterator[Callable[[str], None]]:
    emit(StepStarted(number, total, title))
    began, detail = time.monotonic(), [""]

    def say(text: str) -> None:
        detail[0] = text

    yield say
    emit(StepDone(title, time.monotonic() - began, detail[0]))


def _shifted(emit: Emit, by: int, total: int) -> Emit:
    """An `Emit` for steps that are part of more steps."""

    def pass_on(event: Event) -> None:
        if isinstance(event, StepStarted):
            event = replace(event, number=event.number + by, total=total)
        emit(event)

    return pass_on
