"""The compiled scorer answers as scikit-learn does, to 1e-9, and a great deal faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment_cli import dataset, training
from sentiment_cli.compiling import compile_model
from sentiment_cli.project import TOKEN_PATTERN, Tfidf
from server_image.scorer import Scorer

SAMPLE = Path(__file__).parents[2] / "templates/project/data/tweets.csv"
NAMES = ("no", "yes", "maybe", "never")

# Lower case that grows (İ), folds (ß, Σ at the end), composes, is a word character or is none; NUL, line ends, blanks.
PIECES = [
    "good", "Good", "GOOD", "bad", "day", "not", "don't", "a", "2day", "the", "naïve", "nai\u0308ve", "İstanbul", "ﬁne",
    "Straße", "ΟΔΟΣ", "e\u0301", "\u0301", "😀", "👩‍👩‍👧", "\x00", "a\x00b", "\ud800", "x\udfffy", "٣", "_", ":)", "<3",
    "!!", "http://t.co/x", "@me", "日本語", "\u2028", "\u00a0", "\u3000", "\r\n", "\t", "  ", "\x1c", "½", "K",
]  # fmt: skip
CORPUS = [
    "good day not bad a b good é good é good é day d good",
    "a good good GOOD day don't the 2day <3",
    "the bad bad day naïve nai\u0308ve İstanbul ﬁne Straße ΟΔΟΣ",
    "e\u0301 😀 👩‍👩‍👧 a\x00b ٣ _ :) !! http://t.co/x @me 日本語",
    "not a good  day\u00a0not\u3000bad\tday\r\nK ½",
]
VOCABULARY = [
    "day",
    "good",
    "good day",
    "a  b",
    "",
    " ",
    "a ",
    " a",
    "day ",
    "i̇stanbul",
    "good day not",
    "go",
    "\x00",
    ".",
]
PATTERNS = [
    r"(?u)\b\w\w+\b", TOKEN_PATTERN, r"(\w)\w*", r"\w*", r".", r"\S+\s\S+", r"[^d]+", r"[!-z]+", r"[\b-~]+",
    r"good( day)?", r"(?i)GOOD|d", r"\w+\s*", "[\x01-z]+", r"[\40-~]+",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(st.characters(), max_size=4)), max_size=12).flatmap(
    lambda parts: st.sampled_from([" ", " ", "", "  "]).map(lambda between: between.join(parts))
)
options = st.fixed_dictionaries({
    "analyzer": st.sampled_from(["word", "word", "char", "char_wb"]),
    "ngram_range": st.sampled_from([(1, 1), (1, 2), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3), (1, 6)]),
    "lowercase": st.booleans(),
    "strip_accents": st.sampled_from([None, "ascii", "unicode"]),
    "stop_words": st.sampled_from([None, "english", ["good", "a", "GOOD"], []]),
    "token_pattern": st.sampled_from(PATTERNS),
    "binary": st.booleans(),
    "norm": st.sampled_from(["l1", "l2", None]),
    "use_idf": st.booleans(),
    "smooth_idf": st.booleans(),
    "sublinear_tf": st.booleans(),
    "vocabulary": st.sampled_from([None, None, VOCABULARY]),
})  # fmt: skip


def made_up(terms: int, classes: int, seed: int) -> LogisticRegression:
    """A logistic regression that was fitted on nothing."""
    rng = np.random.default_rng(seed)
    rows = 1 if classes == 2 else classes
    classifier = LogisticRegression()
    classifier.classes_ = np.arange(classes)
    classifier.coef_ = rng.normal(scale=3, size=(rows, terms))
    classifier.intercept_ = rng.normal(size=rows)
    classifier.n_features_in_ = terms
    return classifier


def equal(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)


def compiled(vectorizer: Any, classifier: Any) -> Scorer:
    """The scorer, by way of its file."""
    names = NAMES[: len(classifier.classes_)]
    return Scorer.from_json(orjson.dumps(compile_model(vectorizer, classifier, names)))


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(options, st.integers(2, 4), st.integers(0, 9), st.lists(texts, min_size=1, max_size=4))
@example({"ngram_range": (1, 1), "vocabulary": VOCABULARY}, 2, 0, ["good day", "a  b"])
@example({"ngram_range": (1, 2), "vocabulary": VOCABULARY, "token_pattern": r"\w*"}, 2, 0, ["good  day a b"])
@example({"token_pattern": "[\x01-z]+"}, 2, 0, ["good day not bad a b"])
@example({"use_idf": False, "norm": None, "sublinear_tf": True}, 3, 1, ["good " * 5000])
def test_every_option_gives_what_scikit_learn_gives(
    chosen: dict[str, Any], classes: int, seed: int, texts: list[str]
) -> None:
    try:
        vectorizer = TfidfVectorizer(**chosen).fit(CORPUS)
    except ValueError:  # with these options no term is left
        reject()
    if chosen.get("smooth_idf") is False and vectorizer.use_idf:
        vectorizer.idf_ = np.minimum(vectorizer.idf_, 99)  # a term of a given vocabulary that is nowhere has infinity
    classifier = made_up(len(vectorizer.vocabulary_), classes, seed)
    scorer = compiled(vectorizer, classifier)
    texts = [*texts, "", *CORPUS]
    features = vectorizer.transform(texts)
    expected = classifier.decision_function(features).reshape(len(texts), -1)
    equal(scorer.decision(texts), expected)
    probabilities = classifier.predict_proba(features)
    equal(scorer.probabilities(texts), probabilities)
    answers = scorer.predict(texts)
    assert [label for label, _ in answers] == [NAMES[i] for i in classifier.predict(features)]
    equal([score for _, score in answers], probabilities.max(axis=1))
    _check_explanations(scorer, texts, expected, classifier.intercept_)


def _check_explanations(scorer: Scorer, texts: list[str], decisions: Any, intercepts: Any) -> None:
    """What words add is, all together, the decision without the intercept."""
    beyond = decisions - intercepts
    for text, row, decision in zip(texts, beyond, decisions, strict=True):
        added = sum(weight for _, weight in scorer.explain(text, limit=10**6))
        if len(row) == 1:
            assert added == pytest.approx(row[0] if decision[0] > 0 else -row[0], abs=1e-9)
        else:
            assert added == pytest.approx(row[decision.argmax()] - row.mean(), abs=1e-9)


@pytest.fixture(scope="module")
def sample() -> tuple[training.Trained, list[str], Scorer]:
    """The model of the bundled sample, with a new project's options; the sample's texts; the compiled model."""
    rows = dataset.read(SAMPLE, seed=0)
    trained = training.train(rows, training.Options(Tfidf().vectorizer_options(), C=3.0))
    content = orjson.dumps(compile_model(trained.vectorizer, trained.classifier, trained.names))
    return trained, list(rows.texts), Scorer.from_json(content)


def test_a_trained_model_answers_alike_on_every_text_it_was_trained_on(sample: Any) -> None:
    trained, texts, scorer = sample
    features = trained.vectorizer.transform(texts)
    equal(np.ravel(scorer.decision(texts)), trained.classifier.decision_function(features))
    equal(scorer.probabilities(texts), trained.classifier.predict_proba(features))
    assert [label for label, _ in scorer.predict(texts)] == list(trained.classifier.predict(features))


def how_much_faster(ours: Callable[[], Any], theirs: Callable[[], Any], repeats: int) -> float:
    """By the quickest of many runs of each, in turns, so that what else the machine does slows both."""
    quickest = [float("inf")] * 2
    for _ in range(60):
        for number, job, times in ((0, ours, repeats), (1, theirs, 1)):
            began = time.perf_counter()
            for _ in range(times):
                job()
            quickest[number] = min(quickest[number], (time.perf_counter() - began) / times)
    return quickest[1] / quickest[0]


@pytest.mark.parametrize("text", ["Today was a great day!", "I love you and you love me and it is good good :) :)"])
def test_one_text_is_scored_20_times_faster_than_by_scikit_learn(sample: Any, text: str) -> None:
    trained, _, scorer = sample
    transform, predict_proba = trained.vectorizer.transform, trained.classifier.predict_proba
    assert how_much_faster(lambda: scorer.predict([text]), lambda: predict_proba(transform([text])), 10) >= 20


def test_a_hundred_texts_are_scored_faster_than_by_scikit_learn(sample: Any) -> None:
    trained, texts, scorer = sample
    batch = texts[:4000:40]
    transform, predict_proba = trained.vectorizer.transform, trained.classifier.predict_proba
    assert how_much_faster(lambda: scorer.predict(batch), lambda: predict_proba(transform(batch)), 1) >= 1.6


def test_an_explanation_names_the_words_that_speak_for_the_answer_first() -> None:
    vectorizer = TfidfVectorizer(vocabulary=["bad", "day", "good"], use_idf=False, norm=None).fit(["good"])
    classifier = made_up(3, 2, 0)
    classifier.coef_, classifier.intercept_ = np.array([[-3.0, 0.0, 2.0]]), np.array([0.25])
    scorer = compiled(vectorizer, classifier)
    assert scorer.explain("a good day, not bad") == [("bad", 3.0), ("good", -2.0)]
    assert scorer.explain("good good day") == [("good", 4.0)]
    assert scorer.explain("a good day, not bad", limit=1) == [("bad", 3.0)]
    assert scorer.explain("") == scorer.explain("nothing known") == []


def test_probabilities_do_not_overflow() -> None:
    vectorizer = TfidfVectorizer(vocabulary=["bad", "good"], use_idf=False, norm=None).fit(["good"])
    for classes in (2, 3):
        classifier = made_up(2, classes, 0)
        classifier.coef_ = classifier.coef_ * 1e5
        texts = ["good " * 50, "bad " * 50]
        expected = classifier.predict_proba(vectorizer.transform(texts))
        equal(compiled(vectorizer, classifier).probabilities(texts), expected)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"format": 3}, ValueError),
        ({"labels": ["a", "b", "c"]}, ValueError),
        ({"labels": ["a"]}, ValueError),
        ({"weights": [[1.0, 2.0]]}, ValueError),
        ({"weights": [[1.0, 2.0, None]]}, TypeError),
        ({"idf": [1.0]}, ValueError),
        ({"link": "unknown"}, KeyError),
        ({"terms": [1, 2, 3]}, TypeError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 3}}, KeyError),
        ({"terms": {"words": ["bad", "day", 3], "alone": 3, "behind": [[], [], []]}}, TypeError),
        ({"terms": {"words": ["bad", "day", "day"], "alone": 3, "behind": [[], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 3, "behind": [[], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 4, "behind": [[], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": -1, "behind": [[], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": "3", "behind": [[], [], []]}}, TypeError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 2, "behind": [[3], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 2, "behind": [[-1], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 2, "behind": [[2**40], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 2, "behind": [["1"], [], []]}}, TypeError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 1, "behind": [[1, 1], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 2, "behind": [[1, 1], [], []]}}, ValueError),
        ({"terms": {"words": ["bad", "day", "good"], "alone": 3, "behind": 3}}, TypeError),
        ({"options": {}}, KeyError),
    ],
)
def test_what_is_not_a_scorer_is_refused(changed: dict[str, Any], error: type[Exception]) -> None:
    vectorizer = TfidfVectorizer(vocabulary=["bad", "day", "good"]).fit(["good"])
    data = compile_model(vectorizer, made_up(3, 2, 0), ("no", "yes"))
    with pytest.raises(error):
        Scorer.from_json(orjson.dumps({**data, **changed}))


def test_a_scorer_with_words_and_pairs_is_refused_where_its_options_cut_texts_otherwise() -> None:
    vectorizer = TfidfVectorizer(vocabulary=["bad", "day", "good"]).fit(["good"])
    data = compile_model(vectorizer, made_up(3, 2, 0), ("no", "yes"))
    for changed in ({"ngram_range": [1, 3]}, {"analyzer": "char"}, {"token_pattern": r"\S+"}):
        with pytest.raises(ValueError, match="words and pairs"):
            Scorer.from_json(orjson.dumps({**data, "options": {**data["options"], **changed}}))


def test_a_scorer_of_the_first_format_is_read() -> None:
    """All its terms are strings."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2)).fit(CORPUS)
    classifier = made_up(len(vectorizer.vocabulary_), 2, 0)
    data = compile_model(vectorizer, classifier, ("no", "yes"))
    words, alone, behind = (data["terms"][key] for key in ("words", "alone", "behind"))
    pairs = [f"{words[first]} {words[second]}" for first, seconds in enumerate(behind) for second in seconds]
    first = Scorer.from_json(orjson.dumps({**data, "format": 1, "terms": words[:alone] + pairs}))
    equal(first.probabilities(CORPUS), classifier.predict_proba(vectorizer.transform(CORPUS)))
