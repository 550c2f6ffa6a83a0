"""What is known about a model's quality, as plain values that a page, a terminal or a manifest can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 (0 to 1) of one class, of which `rows` were kept aside."""

    name: str
    rows: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Curve:
    """A ROC curve of `name` against all others, thinned to what a plot can show; `auc` is that of the whole curve."""

    name: str
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    auc: float


@dataclass(frozen=True)
class Bin:
    """Rows whose predicted probability is in [low, high): its mean, the share that was right, and how many rows."""

    low: float
    high: float
    predicted: float
    observed: float
    rows: int


@dataclass(frozen=True)
class Histogram:
    """Rows by true class (`counts[class][bin]`) and predicted probability; `edges` has one more entry than bins."""

    edges: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Word:
    """A word or phrase and its weight for a class; a negative weight speaks against it."""

    text: str
    weight: float


@dataclass(frozen=True)
class Mistake:
    """A text kept aside that the model got wrong: `probability` (0 to 1) is what it gave `predicted`."""

    text: str
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class Metrics:
    """How good a model is on `test_rows` rows that it has not seen.

    `names` are the classes in the model's order. With two of them, `positive` is the second, F1 is that class's,
    ROC AUC, `reliability`, `brier` and `histogram` speak of its probability, and `roc` has one curve. With more,
    `positive` is None, F1 and ROC AUC are means over the classes (each against the rest), `roc` has a curve for each
    class, and `reliability` and `histogram` speak of the probability of whatever was predicted.

    `accuracy_low` and `accuracy_high` are the 95 % Wilson interval. `confusion[i][j]` counts rows of class i predicted
    as j. `brier` is the mean squared error of the probabilities (0 best; with more than two classes summed over them,
    0 to 2), `ece` the expected calibration error: the mean gap between `predicted` and `observed` of the bins.
    `words[i]` are the most telling words and phrases for class i, strongest first. The baseline always answers
    `baseline_label`, the most frequent label; its F1 is measured as the model's is. `mistakes` are the surest ones.
    """

    names: tuple[str, ...]
    positive: str | None
    train_rows: int
    test_rows: int
    terms: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    f1: float
    roc_auc: float
    brier: float
    ece: float
    baseline_label: str
    baseline_accuracy: float
    baseline_f1: float
    confusion: tuple[tuple[int, ...], ...]
    per_class: tuple[ClassScore, ...]
    roc: tuple[Curve, ...]
    reliability: tuple[Bin, ...]
    histogram: Histogram
    words: tuple[tuple[Word, ...], ...]
    mistakes: tuple[Mistake, ...]

    def summary(self) -> dict[str, Any]:
        """The figures alone, for a manifest: nothing of the texts, nothing that varies from run to run."""
        figures = ("accuracy", "accuracy_low", "accuracy_high", "f1", "roc_auc", "brier", "ece")
        counts = ("train_rows", "test_rows", "terms")
        return {
            **{name: round(getattr(self, name), 6) for name in figures},
            "baseline_accuracy": round(self.baseline_accuracy, 6),
            "baseline_f1": round(self.baseline_f1, 6),
            **{name: getattr(self, name) for name in counts},
            "confusion": [list(row) for row in self.confusion],
        }
