"""The weights are those of LogisticRegression; value and gradient are what they say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.sparse import csc_array
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment_cli.training import Options, words
from sentiment_cli.training.fitting import fit
from sentiment_cli.training.solver import _Objective, solve

from .conftest import NAMES, tweets

TFIDF = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("c", [0.1, 1.0, 3.0, 30.0])
@pytest.mark.parametrize("parts", [1, 4])
def test_the_model_is_scikit_learn_s(classes: int, c: float, parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if parts > 1:
        monkeypatch.setattr(words, "CHUNK", 37)
        monkeypatch.setattr(words, "_WORTH_PARTS", 0)
    texts, labels = tweets(800, classes)
    vectorizer, classifier = fit(texts, labels, NAMES[classes], Options(TFIDF, C=c))
    theirs = TfidfVectorizer(**TFIDF)
    expected = LogisticRegression(C=c, max_iter=1000).fit(theirs.fit_transform(texts), np.array(NAMES[classes])[labels])
    np.testing.assert_allclose(classifier.coef_, expected.coef_, atol=2e-3 * np.abs(expected.coef_).max())
    np.testing.assert_allclose(classifier.intercept_, expected.intercept_, atol=5e-3)
    assert classifier.classes_.tolist() == expected.classes_.tolist()
    unseen, _ = tweets(300, classes, seed=1)
    ours = classifier.predict_proba(vectorizer.transform(unseen))
    np.testing.assert_allclose(ours, expected.predict_proba(theirs.transform(unseen)), atol=1e-3)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_gradient_is_the_derivative_of_the_value(classes: int) -> None:
    rng = np.random.default_rng(0)
    rows, columns = 40, 6
    matrix = rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < 0.5)
    labels = rng.integers(0, classes, rows).astype(np.int8)
    with ThreadPoolExecutor(2) as executor:
        parts = [csc_array(matrix[:15]), csc_array(matrix[15:])]
        objective = _Objective(parts, labels, classes, 0.5, executor)
        at = rng.normal(size=int(np.prod(objective.shape)))
        _, gradient = objective(at)
        numeric = approx_fprime(at, lambda x: objective(x)[0], 1e-7)
    np.testing.assert_allclose(gradient, numeric, atol=1e-5)


def test_scores_far_out_do_not_overflow() -> None:
    matrix, labels = np.array([[1e5], [-1e5], [1.0]]), np.array([1, 0, 1], dtype=np.int8)
    with ThreadPoolExecutor(1) as executor, np.errstate(over="raise", invalid="raise"):
        value, gradient = _Objective([csc_array(matrix)], labels, 2, 1.0, executor)(np.array([-9.0, 0.0]))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_every_step_is_told() -> None:
    texts, labels = tweets(300)
    matrix = csc_array(TfidfVectorizer().fit_transform(texts))
    steps: list[int] = []
    with ThreadPoolExecutor(1) as executor:
        solution = solve([matrix], labels, 2, 1.0, executor, steps.append)
    assert steps == list(range(1, solution.steps + 1))
    assert solution.converged
