"""Labelled texts from a user's file, checked: what it holds, which columns matter, what is wrong with it.

`look` takes a quick view of the first part for whoever asks questions; `read` takes every row, or refuses with the
reason and the remedy; `fetch_sentiment140` brings the public data set. Nothing here writes to the user's files.
"""

from __future__ import annotations

from sentiment_cli.dataset.findings import Findings
from sentiment_cli.dataset.looking import Column, LabelValue, Preview, first_texts, look
from sentiment_cli.dataset.reading import Dataset, read
from sentiment_cli.dataset.sentiment140 import fetch_sentiment140
from sentiment_cli.dataset.table import FORMATS, BadRow

__all__ = [
    "FORMATS",
    "BadRow",
    "Column",
    "Dataset",
    "Findings",
    "LabelValue",
    "Preview",
    "fetch_sentiment140",
    "first_texts",
    "look",
    "read",
]
