"""What becomes plain data, what does not and why; a compiled classifier answers as the one it was made of."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import orjson
import pytest
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    PassiveAggressiveClassifier,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sentiment_cli.compiling import NotCompilable, check_compiled, compile_model
from server_image.scorer import Scorer

WORDS = (
    "good", "great", "love", "bad", "awful", "hate", "ok", "fine", "meh", "the", "day", "rain", "train", "not", "so",
    "was", "é",
)  # fmt: skip
NAMES = ("minus", "plus", "zero")


def rows(count: int, classes: int) -> tuple[list[str], list[int]]:
    """Texts of random words, and labels that these tell something about."""
    rng = random.Random(1)
    texts, labels = [], []
    for row in range(count):
        label = row % classes
        words = rng.choices(WORDS, k=rng.randint(0, 8)) + rng.choices(WORDS[3 * label : 3 * label + 3], k=2)
        texts.append(" ".join(words))
        labels.append(label)
    return texts, labels


TEXTS = [*rows(60, 3)[0], "", "unknown words only", "good good good", "GOOD bad Été"]
CLASSIFIERS = [
    LogisticRegression(),
    LogisticRegression(solver="newton-cg", fit_intercept=False),
    LogisticRegression(class_weight="balanced", solver="saga", l1_ratio=0.5, max_iter=500),
    LogisticRegressionCV(Cs=2, cv=2, use_legacy_attributes=False),
    OneVsRestClassifier(LogisticRegression()),
    OneVsRestClassifier(LogisticRegression(solver="liblinear")),
    OneVsRestClassifier(SGDClassifier(loss="log_loss", random_state=0)),
    OneVsRestClassifier(LinearSVC()),
    SGDClassifier(loss="hinge", random_state=0),
    SGDClassifier(loss="log_loss", random_state=0),
    SGDClassifier(loss="modified_huber", random_state=0),
    SGDClassifier(loss="modified_huber", alpha=1e-7, random_state=0),
    SGDClassifier(loss="squared_hinge", average=True, learning_rate="adaptive", eta0=0.01, random_state=0),
    SGDClassifier(loss="perceptron", random_state=0),
    SGDClassifier(loss="squared_error", learning_rate="adaptive", eta0=0.01, random_state=0),
    SGDClassifier(loss="huber", random_state=0),
    MultinomialNB(),
    MultinomialNB(alpha=0.1, fit_prior=False),
    ComplementNB(),
    ComplementNB(norm=True, alpha=0.3),
    BernoulliNB(),
    BernoulliNB(alpha=0.2, fit_prior=False),
    LinearSVC(),
    LinearSVC(multi_class="crammer_singer", fit_intercept=False),
    RidgeClassifier(),
    RidgeClassifier(fit_intercept=False),
    RidgeClassifierCV(),
    Perceptron(random_state=0),
    PassiveAggressiveClassifier(random_state=0),
]


def fitted(vectorizer: Any, classifier: Any, classes: int = 2) -> tuple[Any, Any]:
    texts, labels = rows(90, classes)
    return vectorizer, classifier.fit(vectorizer.fit_transform(texts), labels)


def compiled(vectorizer: Any, classifier: Any) -> Scorer:
    labels = NAMES[: len(classifier.classes_)]
    return Scorer.from_json(orjson.dumps(compile_model(vectorizer, classifier, labels)))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=str)
def test_every_linear_classifier_answers_alike(classifier: Any, classes: int) -> None:
    check(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), classifier, classes)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("classifier", [MultinomialNB(), ComplementNB(), BernoulliNB(), LinearSVC()], ids=str)
def test_a_vectorizer_may_only_count(classifier: Any, classes: int) -> None:
    check(CountVectorizer(), classifier, classes)
    check(make_pipeline(CountVectorizer(ngram_range=(1, 3))), classifier, classes)


def test_a_vectorizer_may_be_two_steps() -> None:
    counts = CountVectorizer(analyzer="char_wb", ngram_range=(2, 3))
    check(make_pipeline(counts, TfidfTransformer(norm="l1", use_idf=False)), LogisticRegression(), 3)


def check(vectorizer: Any, classifier: Any, classes: int) -> None:
    vectorizer, classifier = fitted(vectorizer, classifier, classes)
    scorer = compiled(vectorizer, classifier)
    assert check_compiled(scorer, vectorizer, classifier, TEXTS) <= 1e-9
    features = vectorizer.transform(TEXTS)
    answers = scorer.predict(TEXTS)
    assert [label for label, _ in answers] == [NAMES[i] for i in classifier.predict(features)]
    if hasattr(classifier, "predict_proba"):
        best = classifier.predict_proba(features).max(axis=1)
        np.testing.assert_allclose([score for _, score in answers], best, rtol=0, atol=1e-9)
    else:
        assert all(0.5 <= score <= 1 or classes == 3 for _, score in answers)


def test_the_check_finds_a_difference() -> None:
    vectorizer, classifier = fitted(TfidfVectorizer(), LogisticRegression())
    data = compile_model(vectorizer, classifier, NAMES[:2])
    data["weights"][0][0] += 1e-6
    with pytest.raises(NotCompilable, match="differs"):
        check_compiled(Scorer.from_json(orjson.dumps(data)), vectorizer, classifier, TEXTS)
    assert check_compiled(Scorer.from_json(orjson.dumps(data)), vectorizer, classifier, []) == 0


def test_bayes_over_what_is_there_or_not_takes_numbers_as_they_are_without_a_threshold() -> None:
    vectorizer, classifier = fitted(CountVectorizer(binary=True), BernoulliNB(binarize=None))
    assert check_compiled(compiled(vectorizer, classifier), vectorizer, classifier, TEXTS) <= 1e-9


def test_sparse_weights_are_weights() -> None:
    vectorizer, classifier = fitted(TfidfVectorizer(), LogisticRegression(l1_ratio=1, solver="saga", max_iter=1000))
    classifier.sparsify()
    assert check_compiled(compiled(vectorizer, classifier), vectorizer, classifier, TEXTS) <= 1e-9


class Own(LogisticRegression):
    """A classifier that may do anything."""


def own_function(text: str) -> list[str]:
    return text.split()


def single_precision() -> tuple[Any, Any]:
    texts, labels = rows(90, 2)
    vectorizer = TfidfVectorizer(dtype=np.float32)
    return vectorizer, LogisticRegression().fit(vectorizer.fit_transform(texts), labels)


def changed(classifier: Any, **attributes: Any) -> tuple[Any, Any]:
    vectorizer, classifier = fitted(TfidfVectorizer(), classifier)
    for name, value in attributes.items():
        setattr(classifier, name, value)
    return vectorizer, classifier


def indicator(classifier: Any) -> tuple[Any, Any]:
    texts, _ = rows(60, 2)
    vectorizer = TfidfVectorizer()
    return vectorizer, classifier.fit(vectorizer.fit_transform(texts), [[i % 2, i % 3 == 0] for i in range(60)])


REFUSED = {
    "tree": (lambda: fitted(TfidfVectorizer(), DecisionTreeClassifier()), "not a linear classifier"),
    "support vectors": (lambda: fitted(TfidfVectorizer(), SVC(kernel="linear")), "not a linear classifier"),
    "subclass elsewhere": (lambda: fitted(TfidfVectorizer(), Own()), "not a classifier of scikit-learn"),
    "hashing": (lambda: fitted(HashingVectorizer(n_features=64), LogisticRegression()), "HashingVectorizer is not"),
    "analyzer": (lambda: fitted(TfidfVectorizer(analyzer=own_function), LogisticRegression()), "analyzer"),
    "tokenizer": (
        lambda: fitted(TfidfVectorizer(tokenizer=own_function, token_pattern=None), LogisticRegression()),
        "tokenizer",
    ),
    "preprocessor": (lambda: fitted(TfidfVectorizer(preprocessor=str.upper), LogisticRegression()), "preprocessor"),
    "accents": (lambda: fitted(TfidfVectorizer(strip_accents=str.upper), LogisticRegression()), "analyzer"),
    "empty n-grams": (lambda: fitted(TfidfVectorizer(ngram_range=(0, 2)), LogisticRegression()), "no words at all"),
    "float32": (single_precision, "float32"),
    "infinite": (lambda: changed(LogisticRegression(), intercept_=np.array([np.inf])), "not finite"),
    "not a number": (lambda: changed(LogisticRegression(), coef_=np.full((1, 16), np.nan)), "not finite"),
    "narrow": (lambda: changed(LogisticRegression(), coef_=np.ones((1, 2))), "one weight for each term"),
    "threshold": (lambda: fitted(TfidfVectorizer(), BernoulliNB(binarize=0.2)), "threshold"),
    "multinomial": (lambda: changed(LogisticRegression(), multi_class="multinomial"), "doubles"),
    "lone surrogate": (
        lambda: fitted(TfidfVectorizer(vocabulary=["good", "\ud800"]), LogisticRegression()), "surrogate",
    ),
    "ovr of bayes": (lambda: fitted(TfidfVectorizer(), OneVsRestClassifier(MultinomialNB()), 3), "OneVsRest"),
    "ovr that ties": (
        lambda: fitted(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(fit_intercept=False)), 3), "last",
    ),
    "several labels, ovr": (lambda: indicator(OneVsRestClassifier(LogisticRegression())), "OneVsRest"),
    "several labels, ridge": (lambda: indicator(RidgeClassifier()), "several labels"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exact_is_refused_with_the_reason(name: str) -> None:
    make, reason = REFUSED[name]
    vectorizer, classifier = make()
    with pytest.raises(NotCompilable, match=reason):
        compile_model(vectorizer, classifier, NAMES[:2])


def test_a_single_class_is_refused() -> None:
    vectorizer = TfidfVectorizer()
    classifier = MultinomialNB().fit(vectorizer.fit_transform(["good day", "bad day"]), [1, 1])
    with pytest.raises(NotCompilable, match="1 classes"):
        compile_model(vectorizer, classifier, ["only"])


@pytest.mark.parametrize(("multi_class", "link"), [("ovr", "one-vs-rest"), ("auto", "softmax")])
def test_an_older_scikit_learns_one_vs_rest_is_known(multi_class: str, link: str) -> None:
    vectorizer, classifier = fitted(TfidfVectorizer(), LogisticRegression(), classes=3)
    classifier.multi_class = multi_class
    assert compile_model(vectorizer, classifier, NAMES)["link"] == link
