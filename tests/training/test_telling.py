"""The words that weigh most for each class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sentiment_cli.dataset import Dataset
from sentiment_cli.training import Options, train
from sentiment_cli.training.telling import telling_words

TERMS = ["awful", "day", "great", "the"]


def test_two_classes_share_one_row_of_weights() -> None:
    negative, positive = telling_words(TERMS, np.array([[-2.0, 0.1, 3.0, 0.0]]))
    assert [(each.text, each.weight) for each in negative] == [("awful", 2.0)]
    assert [(each.text, each.weight) for each in positive] == [("great", 3.0), ("day", 0.1)]


def test_more_classes_have_a_row_each_strongest_first() -> None:
    found = telling_words(TERMS, np.array([[1.0, 2.0, -3.0, 0.5], [0.0, -1.0, 4.0, 0.0], [-1.0, -1.0, -1.0, -1.0]]))
    assert [[each.text for each in words] for words in found] == [["day", "awful", "the"], ["great"], []]


def test_no_more_than_can_be_read() -> None:
    terms = [f"word{n}" for n in range(100)]
    negative, positive = telling_words(terms, np.arange(100.0).reshape(1, -1))
    assert negative == ()
    assert [each.text for each in positive] == [f"word{n}" for n in range(99, 74, -1)]


def test_a_model_names_the_words_its_rows_are_made_of(dataset: Callable[..., Dataset]) -> None:
    metrics = train(dataset(1200), Options({"ngram_range": (1, 2), "min_df": 2})).metrics
    negative, positive = ([each.text for each in words[:8]] for words in metrics.words)
    assert set(negative) & {"hate", "awful", "sad", "broken", "worst"}
    assert set(positive) & {"love", "great", "happy", "best"}
    assert not set(negative) & set(positive)
