"""The whole of a training run: split, fit, measure; the model returned is exactly the one that was measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from sentiment_cli.events import Emit, StepDone, StepStarted, ignore
from sentiment_cli.training.evaluation import evaluate
from sentiment_cli.training.options import Options
from sentiment_cli.training.split import hold_out
from sentiment_cli.training.telling import golden, telling_words
from sentiment_cli.training.trained import Trained

if TYPE_CHECKING:
    from sentiment_cli.dataset import Dataset

_STEPS = ("Split", "Fit", "Measure")


def train(dataset: Dataset, options: Options, emit: Emit = ignore) -> Trained:
    """Fit a model on part of `dataset`, measure it on the rest. Raises InputError for data no model can be made of."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    seconds: dict[str, float] = {}
    names = dataset.names
    with _step("Split", seconds, emit):
        learn, aside = hold_out(dataset.texts, dataset.labels, names, options.test_size, options.seed)
        texts = [dataset.texts[i] for i in learn.tolist()]
        test_texts = [dataset.texts[i] for i in aside.tolist()]
    with _step("Fit", seconds, emit):
        model = make_pipeline(TfidfVectorizer(**options.tfidf), LogisticRegression(C=options.C, max_iter=1000))
        model.fit(texts, dataset.labels[learn])
        vectorizer, classifier = model[0], model[1]
        classifier.classes_ = np.array(names)
    with _step("Measure", seconds, emit):
        metrics = evaluate(
            test_texts,
            dataset.labels[aside],
            model.predict_proba(test_texts),
            names,
            train_rows=len(learn),
            terms=len(vectorizer.vocabulary_),
            majority=int(np.bincount(dataset.labels[learn]).argmax()),
            words=telling_words(vectorizer.get_feature_names_out().tolist(), classifier.coef_),
        )
    return Trained(
        vectorizer, classifier, names, metrics, options, golden(model, names), dataset.sha256,
        len(learn), len(aside), seconds,
    )  # fmt: skip


@contextmanager
def _step(title: str, seconds: dict[str, float], emit: Emit) -> Iterator[None]:
    emit(StepStarted(_STEPS.index(title) + 1, len(_STEPS), title))
    began = time.perf_counter()
    yield
    seconds[title] = time.perf_counter() - began
    emit(StepDone(title, seconds[title]))
