"""A model that was fitted here, with everything that its artifact and its report need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentiment_cli.training.metrics import Metrics
from sentiment_cli.training.options import Options

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression


@dataclass(frozen=True)
class Golden:
    """A text whose answer is known: `score` is the probability (0 to 1) of `label`."""

    text: str
    label: str
    score: float


@dataclass(frozen=True)
class Trained:
    """`make_pipeline(vectorizer, classifier)` is the model that `metrics` speak of.

    `names` are the classes in the order of the model's columns (and the classifier's `classes_`), `seconds` the wall
    time of each stage, and `data_sha256` the digest of all rows, those kept aside included.
    """

    vectorizer: TfidfVectorizer
    classifier: LogisticRegression
    names: tuple[str, ...]
    metrics: Metrics
    options: Options
    golden: tuple[Golden, ...]
    data_sha256: str
    train_rows: int
    test_rows: int
    seconds: dict[str, float]
