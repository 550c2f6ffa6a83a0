"""From labelled rows to a measured model and its artifact; heavy imports live here, so import it when needed.

`train` fits TF-IDF and logistic regression and measures the very model it returns on rows kept aside; `bring` checks a
model that somebody fitted already. docs/training.md says what was measured and why it is done so.
"""

from __future__ import annotations

from sentiment_cli.training.bringing import bring
from sentiment_cli.training.metrics import Bin, ClassScore, Curve, Histogram, Metrics, Mistake, Word
from sentiment_cli.training.options import Options
from sentiment_cli.training.run import train
from sentiment_cli.training.trained import Golden, Trained

__all__ = [
    "Bin",
    "ClassScore",
    "Curve",
    "Golden",
    "Histogram",
    "Metrics",
    "Mistake",
    "Options",
    "Trained",
    "Word",
    "bring",
    "train",
]
