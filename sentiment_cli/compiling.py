"""Makes plain data of a fitted text model, for `server_image.scorer`; what cannot be exact is refused with the reason.

Imports scikit-learn only inside functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server_image.scorer import Scorer

FORMAT = 1
TOLERANCE = 1e-9

# Classifiers whose decision values are a matrix product, and the link of their predict_proba; None: they have none.
LINKS: dict[str, str | None] = {
    "LogisticRegression": "by-classes",
    "LogisticRegressionCV": "by-classes",
    "SGDClassifier": "by-loss",
    "MultinomialNB": "softmax",
    "ComplementNB": "softmax",
    "LinearSVC": None,
    "RidgeClassifier": None,
    "RidgeClassifierCV": None,
    "Perceptron": None,
    "PassiveAggressiveClassifier": None,
}


class NotCompilable(Exception):
    """The model cannot be made plain data; the message is a sentence that says what stands in the way."""


def compile_model(vectorizer: Any, classifier: Any, labels: Sequence[str]) -> dict[str, Any]:
    """The content of scorer.json for a fitted vectorizer and classifier; `labels` in the order of `classes_`.

    `vectorizer` is a TfidfVectorizer, a CountVectorizer, or a Pipeline of CountVectorizer and TfidfTransformer. Raises
    NotCompilable.
    """
    counts, tfidf = _parts(vectorizer)
    weights, intercepts, link = _linear(classifier)
    terms = sorted(counts.vocabulary_, key=counts.vocabulary_.__getitem__)
    if weights.shape[1] != len(terms):
        raise NotCompilable("The classifier does not have one weight for each term of the vectorizer.")
    use_idf = tfidf is not None and tfidf.use_idf
    return {
        "format": FORMAT,
        "labels": list(labels),
        "options": _options(counts, tfidf),
        "terms": terms,
        "idf": tfidf.idf_.astype(float).tolist() if use_idf else None,
        "weights": weights.tolist(),
        "intercepts": intercepts.tolist(),
        "link": link,
    }


def check_compiled(scorer: Scorer, vectorizer: Any, classifier: Any, texts: Sequence[str]) -> float:
    """The largest difference between the scorer and scikit-learn on `texts`, in decision values and probabilities.

    Raises NotCompilable when it exceeds 1e-9.
    """
    import numpy as np

    if not texts:
        return 0.0
    features = vectorizer.transform(list(texts))
    ours = np.array(scorer.decision(texts))
    theirs = _decision(classifier, features).reshape(ours.shape)
    largest = float(np.abs(ours - theirs).max())
    if hasattr(classifier, "predict_proba"):
        gap = np.abs(np.array(scorer.probabilities(texts)) - classifier.predict_proba(features)).max()
        largest = max(largest, float(gap))
    if not largest <= TOLERANCE:
        raise NotCompilable(f"The compiled model differs from scikit-learn's by {largest:.2g} on real texts.")
    return largest


def _decision(classifier: Any, features: Any) -> Any:
    if hasattr(classifier, "decision_function"):
        return classifier.decision_function(features)
    return classifier.predict_joint_log_proba(features)


def _parts(vectorizer: Any) -> tuple[Any, Any]:
    """(count vectorizer, tf-idf transformer or None)."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
    from sklearn.pipeline import Pipeline

    if type(vectorizer) is TfidfVectorizer:
        return vectorizer, vectorizer
    if type(vectorizer) is CountVectorizer:
        return vectorizer, None
    if isinstance(vectorizer, Pipeline):
        steps = [step for _, step in vectorizer.steps]
        if len(steps) == 1:
            return _parts(steps[0])
        if len(steps) == 2 and type(steps[0]) is CountVectorizer and type(steps[1]) is TfidfTransformer:
            return steps[0], steps[1]
    raise NotCompilable(f"{type(vectorizer).__name__} is not a TF-IDF or count vectorizer.")


def _options(counts: Any, tfidf: Any) -> dict[str, Any]:
    for name in ("preprocessor", "tokenizer"):
        if getattr(counts, name) is not None:
            raise NotCompilable(f"The vectorizer has a {name} of its own, which is code and not data.")
    if not isinstance(counts.analyzer, str) or callable(counts.strip_accents):
        raise NotCompilable("The vectorizer has an analyzer of its own, which is code and not data.")
    if counts.input != "content":
        raise NotCompilable("The vectorizer reads files, not texts.")
    stop_words = counts.get_stop_words() if counts.analyzer == "word" else None
    return {
        "analyzer": counts.analyzer,
        "ngram_range": [int(n) for n in counts.ngram_range],
        "lowercase": bool(counts.lowercase),
        "strip_accents": counts.strip_accents,
        "stop_words": sorted(stop_words) if stop_words else None,
        "token_pattern": counts.token_pattern or "",
        "binary": bool(counts.binary),
        "sublinear_tf": bool(tfidf is not None and tfidf.sublinear_tf),
        "norm": tfidf.norm if tfidf is not None else None,
    }


def _linear(classifier: Any) -> tuple[Any, Any, str]:
    """(weights: rows by terms, intercepts: rows, link); one row for two classes, else one a class."""
    import numpy as np

    name = type(classifier).__name__
    if name not in LINKS or not type(classifier).__module__.startswith("sklearn."):
        raise NotCompilable(f"{name} is not a linear classifier that can be written as plain data.")
    if name in ("MultinomialNB", "ComplementNB"):
        weights = np.asarray(classifier.feature_log_prob_, dtype=float)
        single_class_prior = name == "ComplementNB" and len(classifier.classes_) > 1
        priors = np.zeros(len(weights)) if single_class_prior else np.asarray(classifier.class_log_prior_, dtype=float)
        return weights, priors, "softmax"
    weights = np.atleast_2d(np.asarray(classifier.coef_, dtype=float))
    intercepts = np.broadcast_to(np.asarray(classifier.intercept_, dtype=float).ravel(), (len(weights),))
    return weights, intercepts, _link(classifier, LINKS[name], len(weights))


def _link(classifier: Any, kind: str | None, rows: int) -> str:
    if kind == "by-loss":
        losses = {"log_loss": "one-vs-rest", "modified_huber": "modified-huber"}
        kind = losses.get(classifier.loss)
    elif kind == "by-classes":
        return "binary" if rows == 1 else "softmax"
    # No probabilities of its own: sigmoids of the margin keep the order; the manifest says they are not calibrated.
    return kind or ("binary" if rows == 1 else "softmax")
