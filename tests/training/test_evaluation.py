"""Every figure is the one that scikit-learn's own functions give."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as theirs
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyClassifier

from sentiment_cli.training import Metrics
from sentiment_cli.training.evaluation import evaluate, reliability, wilson

NAMES = {2: ("Negative", "Positive"), 3: ("bad", "good", "meh"), 5: ("1", "2", "3", "4", "5")}


def measured(classes: int, rows: int = 997, seed: int = 0) -> tuple[Metrics, np.ndarray, np.ndarray]:
    """(metrics, truth, probabilities) of a model that is right more often than not; classes are of unequal size."""
    rng = np.random.default_rng(seed)
    shares = np.arange(1, classes + 1) / sum(range(classes + 1))
    truth = rng.choice(classes, rows, p=shares).astype(np.int8)
    values = rng.normal(size=(rows, classes)) + 1.2 * np.eye(classes)[truth]
    probabilities = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
    found = evaluate(
        [f"text {row}" for row in range(rows)], truth, probabilities, NAMES[classes],
        train_rows=4000, terms=100, majority=classes - 1, words=((),) * classes,
    )  # fmt: skip
    return found, truth, probabilities


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_accuracy_confusion_precision_recall(classes: int) -> None:
    found, truth, probabilities = measured(classes)
    predicted = probabilities.argmax(axis=1)
    assert found.accuracy == theirs.accuracy_score(truth, predicted)
    assert [list(row) for row in found.confusion] == theirs.confusion_matrix(truth, predicted).tolist()
    report: Any = theirs.classification_report(truth, predicted, target_names=NAMES[classes], output_dict=True)
    for each in found.per_class:
        expected = report[each.name]
        assert each.rows == expected["support"]
        assert (each.precision, each.recall, each.f1) == pytest.approx(
            (expected["precision"], expected["recall"], expected["f1-score"])
        )


def test_f1_auc_and_brier_of_two_classes_are_those_of_the_second() -> None:
    found, truth, probabilities = measured(2)
    assert found.positive == "Positive"
    assert found.f1 == pytest.approx(theirs.f1_score(truth, probabilities.argmax(axis=1)))
    assert found.roc_auc == pytest.approx(theirs.roc_auc_score(truth, probabilities[:, 1]))
    assert found.brier == pytest.approx(theirs.brier_score_loss(truth, probabilities[:, 1]))


@pytest.mark.parametrize("classes", [3, 5])
def test_with_more_classes_they_are_means(classes: int) -> None:
    found, truth, probabilities = measured(classes)
    assert found.positive is None
    assert found.f1 == pytest.approx(theirs.f1_score(truth, probabilities.argmax(axis=1), average="macro"))
    assert found.roc_auc == pytest.approx(theirs.roc_auc_score(truth, probabilities, multi_class="ovr"))
    apart = [theirs.brier_score_loss(truth == label, probabilities[:, label]) for label in range(classes)]
    assert found.brier == pytest.approx(sum(apart))
    assert [curve.name for curve in found.roc] == list(NAMES[classes])


def test_calibration_bins_are_those_of_calibration_curve() -> None:
    found, truth, probabilities = measured(2)
    observed, predicted = calibration_curve(truth, probabilities[:, 1], n_bins=10)
    assert [each.observed for each in found.reliability] == pytest.approx(observed.tolist())
    assert [each.predicted for each in found.reliability] == pytest.approx(predicted.tolist())
    assert sum(each.rows for each in found.reliability) == len(truth)
    gaps = sum(each.rows * abs(each.observed - each.predicted) for each in found.reliability)
    assert found.ece == pytest.approx(gaps / len(truth))


def test_with_more_classes_calibration_is_of_the_answer_given() -> None:
    found, truth, probabilities = measured(3)
    right = probabilities.argmax(axis=1) == truth
    observed, predicted = calibration_curve(right, probabilities.max(axis=1), n_bins=10)
    assert [each.observed for each in found.reliability] == pytest.approx(observed.tolist())
    assert [each.predicted for each in found.reliability] == pytest.approx(predicted.tolist())


def test_certainty_is_in_the_last_bin_and_empty_bins_are_left_out() -> None:
    bins = reliability(np.array([0.0, 1.0, 1.0, 0.55]), np.array([False, True, False, True]))
    assert [(each.low, each.high, each.observed, each.rows) for each in bins] == [
        (0.0, 0.1, 0.0, 1), (0.5, 0.6, 1.0, 1), (0.9, 1.0, 0.5, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("right", "rows"), [(0, 12), (12, 12), (700, 1000), (1, 2)])
def test_the_interval_is_wilson_s(right: int, rows: int) -> None:
    expected = binomtest(right, rows).proportion_ci(method="wilson")
    assert wilson(right / rows, rows) == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_baseline_always_answers_the_most_frequent_label(classes: int) -> None:
    found, truth, _ = measured(classes)
    dummy = DummyClassifier().fit(np.zeros((len(truth), 1)), truth)
    answers = dummy.predict(np.zeros((len(truth), 1)))
    assert found.baseline_label == NAMES[classes][answers[0]]
    assert found.baseline_accuracy == theirs.accuracy_score(truth, answers)
    average = "binary" if classes == 2 else "macro"
    assert found.baseline_f1 == pytest.approx(theirs.f1_score(truth, answers, average=average, zero_division=0))


@pytest.mark.parametrize("classes", [2, 3])
def test_thinned_roc_curves_keep_ends_direction_and_area(classes: int) -> None:
    found, truth, probabilities = measured(classes, rows=20_000)
    for curve in found.roc:
        points = list(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True))
        assert points[0] == (0, 0)
        assert points[-1] == (1, 1)
        assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(points))
        assert len(points) <= 201
        column = NAMES[classes].index(curve.name)
        assert curve.auc == pytest.approx(theirs.roc_auc_score(truth == column, probabilities[:, column]))
        assert theirs.auc(*zip(*points, strict=True)) == pytest.approx(curve.auc, abs=2e-3)


def test_the_surest_mistakes_come_first() -> None:
    found, truth, probabilities = measured(3)
    assert len(found.mistakes) == 20
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != truth)
    assert found.mistakes[0].probability == probabilities[wrong].max()
    assert [each.probability for each in found.mistakes] == sorted(
        (m.probability for m in found.mistakes), reverse=True
    )
    for each in found.mistakes:
        row = int(each.text.removeprefix("text "))
        assert each.label == NAMES[3][truth[row]] != each.predicted
        assert each.predicted == NAMES[3][probabilities[row].argmax()]


@pytest.mark.parametrize("classes", [2, 3])
def test_the_histogram_holds_every_row_once(classes: int) -> None:
    found, truth, _ = measured(classes)
    assert [sum(row) for row in found.histogram.counts] == np.bincount(truth).tolist()


def test_the_summary_holds_figures_and_no_texts() -> None:
    found, _, _ = measured(2)
    summary = found.summary()
    assert summary["accuracy"] == round(found.accuracy, 6)
    assert {"f1", "roc_auc", "confusion", "baseline_accuracy", "train_rows", "test_rows"} <= set(summary)
    assert "text" not in str(summary)
