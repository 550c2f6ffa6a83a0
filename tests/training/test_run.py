"""A training run: the same rows give the same bytes wherever they are fitted, and what was measured is what is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sentiment_cli.dataset import Dataset
from sentiment_cli.events import Event, Progress, StepDone, StepStarted
from sentiment_cli.training import Options, train
from sentiment_cli.training.run import score
from sentiment_cli.training.split import hold_out

Make = Callable[..., Dataset]

TFIDF = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True}
FIT_AND_PRINT_DIGESTS = """
import os, sys, tempfile
from pathlib import Path
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[1])])
from sentiment_cli import artifacts
from sentiment_cli.dataset import Dataset, Findings
from sentiment_cli.training import Options, train, words
from tests.training.conftest import NAMES, tweets
words.CHUNK, words._WORTH_PARTS = 300, 0
tfidf = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True, "max_features": 3000, "stop_words": "english"}
for classes in (2, 3):
    texts, labels = tweets(4000, classes)
    data = Dataset(texts, labels, NAMES[classes], Findings("made up", "UTF-8", 4000, 4000, None, {}), "0" * 64)
    trained = train(data, Options(tfidf))
    made = artifacts.Ingredients(
        trained.names, texts[:50], [(each.text, each.label, each.score) for each in trained.golden],
        trained.vectorizer, trained.classifier, metrics=trained.metrics.summary(),
    )
    with tempfile.TemporaryDirectory() as folder:
        print(artifacts.write(made, Path(folder) / "model.tar.gz").sha256)
"""


def digests(cpus: int, **environment: str) -> tuple[str, ...]:
    done = subprocess.run(
        [sys.executable, "-c", FIT_AND_PRINT_DIGESTS, str(cpus)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(done.stdout.split())


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="CPUs cannot be taken away here")
def test_neither_hashes_nor_cpus_nor_threads_change_a_byte() -> None:
    first = digests(1, PYTHONHASHSEED="1", OPENBLAS_NUM_THREADS="1")
    assert [len(each) for each in first] == [64, 64]
    assert first == digests(8, PYTHONHASHSEED="2", OMP_NUM_THREADS="7")


def test_the_model_measured_is_the_model_returned(dataset: Make) -> None:
    data = dataset(900)
    trained = train(data, Options(TFIDF, test_size=0.3, seed=5))
    learn, aside = hold_out(data.texts, data.labels, data.names, 0.3, 5)
    model = make_pipeline(trained.vectorizer, trained.classifier)
    answers = model.predict([data.texts[row] for row in aside])
    assert trained.metrics.accuracy == np.mean(answers == np.array(data.names)[data.labels[aside]])
    assert (trained.train_rows, trained.test_rows) == (len(learn), len(aside))
    assert trained.metrics.accuracy > trained.metrics.baseline_accuracy + 0.2
    for each in trained.golden:
        assert each.label == model.predict([each.text])[0]
        assert each.score == model.predict_proba([each.text]).max()


def test_words_of_the_rows_kept_aside_are_not_learnt(dataset: Make) -> None:
    data = dataset(600)
    trained = train(data, Options({"min_df": 1}))
    learn, _ = hold_out(data.texts, data.labels, data.names, 0.2, 0)
    split = trained.vectorizer.build_analyzer()
    assert set(trained.vectorizer.vocabulary_) == {word for row in learn for word in split(data.texts[row])}


def test_progress_tells_stage_and_rows(dataset: Make) -> None:
    told: list[Event] = []
    trained = train(dataset(600), Options(TFIDF), told.append)
    assert [(e.number, e.total, e.title) for e in told if isinstance(e, StepStarted)] == [
        (1, 3, "Split"), (2, 3, "Fit"), (3, 3, "Measure"),
    ]  # fmt: skip
    assert [e.title for e in told if isinstance(e, StepDone)] == ["Split", "Fit", "Measure"]
    progress = [e for e in told if isinstance(e, Progress)]
    assert list(dict.fromkeys(e.label for e in progress)) == [
        "Reading words", "Counting words and phrases", "Fitting", "Scoring",
    ]  # fmt: skip
    words = [e for e in progress if e.label == "Reading words"][-1]
    assert words.done == words.total == trained.train_rows
    assert words.unit == "rows"


def test_scoring_in_several_processes_changes_nothing(dataset: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from sentiment_cli.training import run

    data = dataset(600)
    trained = train(data, Options(TFIDF))
    model = make_pipeline(trained.vectorizer, trained.classifier)
    monkeypatch.setattr(run, "_SCORED_AT_ONCE", 70)
    np.testing.assert_array_equal(score(model, data.texts), model.predict_proba(data.texts))
