"""The whole of a training run: split, fit, measure; the model returned is exactly the one that was measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment_cli.events import Emit, Progress, StepDone, StepStarted, ignore
from sentiment_cli.training.evaluation import evaluate
from sentiment_cli.training.fitting import fit
from sentiment_cli.training.options import Options
from sentiment_cli.training.processes import in_order, processes_for
from sentiment_cli.training.split import hold_out
from sentiment_cli.training.telling import golden, telling_words
from sentiment_cli.training.trained import Trained

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sentiment_cli.dataset import Dataset

_STEPS = ("Split", "Fit", "Measure")
_SCORED_AT_ONCE = 10_000


def train(dataset: Dataset, options: Options, emit: Emit = ignore) -> Trained:
    """Fit a model on part of `dataset`, measure it on the rest. Raises InputError for data no model can be made of."""
    from sklearn.pipeline import make_pipeline

    seconds: dict[str, float] = {}
    names, labels = dataset.names, dataset.labels
    with _step("Split", seconds, emit):
        learn, aside = hold_out(dataset.texts, labels, names, options.test_size, options.seed)
        texts = [dataset.texts[i] for i in learn.tolist()]
        test_texts = [dataset.texts[i] for i in aside.tolist()]
    with _step("Fit", seconds, emit):
        vectorizer, classifier = fit(texts, labels[learn], names, options, emit)
    model = make_pipeline(vectorizer, classifier)
    with _step("Measure", seconds, emit):
        metrics = evaluate(
            test_texts,
            labels[aside],
            score(model, test_texts, emit),
            names,
            train_rows=len(learn),
            terms=len(vectorizer.vocabulary_),
            majority=int(np.bincount(labels[learn]).argmax()),
            words=telling_words(vectorizer.get_feature_names_out().tolist(), classifier.coef_),
        )
    return Trained(
        vectorizer, classifier, names, metrics, options, golden(model, names), dataset.sha256,
        len(learn), len(aside), seconds,
    )  # fmt: skip


def score(model: Any, texts: Sequence[str], emit: Emit = ignore) -> NDArray[np.float64]:
    """`model.predict_proba(texts)` in as many processes as pay."""
    starts = range(0, len(texts), _SCORED_AT_ONCE)
    found = []

    def prepare() -> Callable[[int], NDArray[np.float64]]:
        return lambda number: model.predict_proba(texts[starts[number] : starts[number] + _SCORED_AT_ONCE])

    with closing(in_order(prepare, len(starts), processes_for(len(starts)))) as slices:
        for number, probabilities in enumerate(slices):
            found.append(probabilities)
            emit(Progress("Scoring", min(starts[number] + _SCORED_AT_ONCE, len(texts)), len(texts), "rows"))
    return np.concatenate(found)


@contextmanager
def _step(title: str, seconds: dict[str, float], emit: Emit) -> Iterator[None]:
    emit(StepStarted(_STEPS.index(title) + 1, len(_STEPS), title))
    began = time.perf_counter()
    yield
    seconds[title] = time.perf_counter() - began
    emit(StepDone(title, seconds[title]))
