"""Measures predicted probabilities against the truth; knows nothing of texts but to quote the worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from sentiment_cli.training.metrics import Bin, ClassScore, Curve, Histogram, Metrics, Mistake, Word

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CURVE_POINTS = 201
_BINS = 10
_HISTOGRAM_BINS = 20
_WORST = 20


def evaluate(
    texts: Sequence[str],
    truth: NDArray[np.int8],
    probabilities: NDArray[np.float64],
    names: tuple[str, ...],
    *,
    train_rows: int,
    terms: int,
    majority: int,
    words: tuple[tuple[Word, ...], ...],
) -> Metrics:
    """Metrics of `probabilities` (rows x classes, each row adding up to 1) where `truth` is the right column.

    Every class occurs in `truth`. `majority` is the most frequent class of the training rows: the baseline's answer.
    """
    from sklearn.metrics import accuracy_score

    predicted = probabilities.argmax(axis=1)
    accuracy = float(accuracy_score(truth, predicted))
    low, high = wilson(accuracy, len(truth))
    roc = _roc_curves(truth, probabilities, names)
    bins = reliability(*_calibrated(truth, predicted, probabilities))
    per_class = _per_class(truth, predicted, names)
    baseline = np.full(len(truth), majority)
    return Metrics(
        names=names,
        positive=names[1] if len(names) == 2 else None,
        train_rows=train_rows,
        test_rows=len(truth),
        terms=terms,
        accuracy=accuracy,
        accuracy_low=low,
        accuracy_high=high,
        f1=_f1(per_class),
        roc_auc=float(np.mean([curve.auc for curve in roc])),
        brier=_brier(truth, probabilities),
        ece=sum(each.rows * abs(each.predicted - each.observed) for each in bins) / len(truth),
        baseline_label=names[majority],
        baseline_accuracy=float(accuracy_score(truth, baseline)),
        baseline_f1=_f1(_per_class(truth, baseline, names)),
        confusion=_confusion(truth, predicted, len(names)),
        per_class=per_class,
        roc=roc,
        reliability=bins,
        histogram=_histogram(truth, probabilities),
        words=words,
        mistakes=_mistakes(texts, truth, predicted, probabilities, names),
    )


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share seen in `rows` rows (E. B. Wilson, 1927)."""
    z = 1.959964
    centre = share + z * z / (2 * rows)
    margin = z * sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    scale = 1 + z * z / rows
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


def reliability(said: NDArray[np.float64], came_true: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Ten bins of equal width over the probabilities `said`; empty bins are left out."""
    place = np.minimum((said * _BINS).astype(int), _BINS - 1)
    found = []
    for index in np.unique(place).tolist():
        inside = place == index
        share = float(came_true[inside].mean())
        mean = float(said[inside].mean())
        found.append(Bin(index / _BINS, (index + 1) / _BINS, mean, share, int(inside.sum())))
    return tuple(found)


def _calibrated(
    truth: NDArray[np.int8], predicted: NDArray[np.intp], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    if probabilities.shape[1] == 2:
        return probabilities[:, 1], truth == 1
    return probabilities.max(axis=1), truth == predicted


def _roc_curves(truth: NDArray[np.int8], probabilities: NDArray[np.float64], names: Sequence[str]) -> tuple[Curve, ...]:
    from sklearn.metrics import auc, roc_curve

    curves = []
    for index in [1] if len(names) == 2 else range(len(names)):
        false_rate, true_rate, _ = roc_curve(truth == index, probabilities[:, index])
        area = float(auc(false_rate, true_rate))
        # Points at equal steps along the curve's length, so that its steep part keeps as many as its flat one.
        length = false_rate + true_rate
        kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], _CURVE_POINTS)))
        curves.append(Curve(names[index], tuple(false_rate[kept].tolist()), tuple(true_rate[kept].tolist()), area))
    return tuple(curves)


def _per_class(truth: NDArray[np.int8], predicted: NDArray[np.intp], names: Sequence[str]) -> tuple[ClassScore, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(truth, predicted, labels=range(len(names)), zero_division=0.0)
    rows = zip(names, *(column.tolist() for column in columns), strict=True)
    return tuple(ClassScore(name, int(count), p, r, f1) for name, p, r, f1, count in rows)


def _f1(scores: Sequence[ClassScore]) -> float:
    return scores[1].f1 if len(scores) == 2 else sum(score.f1 for score in scores) / len(scores)


def _brier(truth: NDArray[np.int8], probabilities: NDArray[np.float64]) -> float:
    if probabilities.shape[1] == 2:
        return float(np.mean((probabilities[:, 1] - (truth == 1)) ** 2))
    wanted = np.eye(probabilities.shape[1])[truth]
    return float(np.mean(np.sum((probabilities - wanted) ** 2, axis=1)))


def _confusion(truth: NDArray[np.int8], predicted: NDArray[np.intp], classes: int) -> tuple[tuple[int, ...], ...]:
    from sklearn.metrics import confusion_matrix

    return tuple(tuple(row) for row in confusion_matrix(truth, predicted, labels=range(classes)).tolist())


def _histogram(truth: NDArray[np.int8], probabilities: NDArray[np.float64]) -> Histogram:
    said = probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities.max(axis=1)
    edges = np.arange(_HISTOGRAM_BINS + 1) / _HISTOGRAM_BINS
    counts = (np.histogram(said[truth == label], edges)[0].tolist() for label in range(probabilities.shape[1]))
    return Histogram(tuple(edges.tolist()), tuple(map(tuple, counts)))


def _mistakes(
    texts: Sequence[str],
    truth: NDArray[np.int8],
    predicted: NDArray[np.intp],
    probabilities: NDArray[np.float64],
    names: Sequence[str],
) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(truth != predicted)
    surest = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")[:_WORST]]
    return tuple(
        Mistake(texts[row], names[truth[row]], names[predicted[row]], float(probabilities[row, predicted[row]]))
        for row in surest.tolist()
    )
