"""Makes plain data of a fitted text model, for `server_image.scorer`; what cannot be exact is refused with the reason.

Imports scikit-learn only inside functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sentiment_cli.listing import list_terms

if TYPE_CHECKING:
    from server_image.scorer import Scorer

FORMAT = 2
TOLERANCE = 1e-9

# Classifiers whose decision values are a matrix product, and the link of their predict_proba; None: they have none.
LINKS: dict[str, str | None] = {
    "LogisticRegression": "by-classes",
    "LogisticRegressionCV": "by-classes",
    "SGDClassifier": "by-loss",
    "MultinomialNB": "softmax",
    "ComplementNB": "softmax",
    "BernoulliNB": "softmax",
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
    options = _options(counts, tfidf)
    terms = _terms(counts)
    idf = tfidf.idf_ if tfidf is not None and tfidf.use_idf else None
    if _asks_only_what_is_there(classifier):
        idf, options = None, {**options, "binary": True, "sublinear_tf": False, "norm": None}
    weights, intercepts, link = _linear(classifier)
    _check_shapes(weights, len(terms), len(labels))
    listed, columns = list_terms(terms, options, [0.0] * len(terms) if idf is None else idf.tolist())
    return {
        "format": FORMAT,
        "labels": list(labels),
        "options": options,
        "terms": listed,
        "idf": None if idf is None else _doubles(idf[columns]),
        "weights": _doubles(weights[:, columns]),
        "intercepts": _doubles(intercepts),
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
    if counts.ngram_range[0] < 1:
        raise NotCompilable("The vectorizer counts n-grams of no words at all.")
    if tfidf is not None and tfidf.norm not in ("l1", "l2", None):
        raise NotCompilable(f"The vectorizer has the norm {tfidf.norm!r}.")
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


def _terms(counts: Any) -> list[str]:
    """In the order of their columns."""
    terms = sorted(counts.vocabulary_, key=counts.vocabulary_.__getitem__)
    try:
        "".join(terms).encode()
    except UnicodeEncodeError:
        raise NotCompilable("The vocabulary holds a lone surrogate, which no text that is sent can hold.") from None
    return terms


def _doubles(values: Any) -> Any:
    """Lists of floats, of which JSON knows only finite ones."""
    import numpy as np

    if values.dtype != np.float64:
        raise NotCompilable(f"The model computes in {values.dtype}, the compiled one would in float64.")
    if not np.isfinite(values).all():
        raise NotCompilable("Some weights of the model are not finite numbers.")
    return values.tolist()


def _check_shapes(weights: Any, terms: int, labels: int) -> None:
    if weights.shape[1] != terms:
        raise NotCompilable("The classifier does not have one weight for each term of the vectorizer.")
    if labels < 2 or (len(weights) != labels and (len(weights), labels) != (1, 2)):
        raise NotCompilable(f"The classifier has {len(weights)} rows of weights for {labels} classes.")


def _asks_only_what_is_there(classifier: Any) -> bool:
    """Whether all numbers above zero are the same to it, so that counts, idf and norm make no difference."""
    if type(classifier).__name__ != "BernoulliNB" or classifier.binarize is None:
        return False
    if classifier.binarize != 0:
        raise NotCompilable("BernoulliNB asks whether numbers exceed a threshold that is not zero.")
    return True


def _linear(classifier: Any) -> tuple[Any, Any, str]:
    """(weights: rows by terms, intercepts: rows, link); one row for two classes, else one a class."""
    name = type(classifier).__name__
    if not type(classifier).__module__.startswith("sklearn."):
        raise NotCompilable(f"{name} is not a classifier of scikit-learn.")
    if name == "OneVsRestClassifier":
        return _one_vs_rest(classifier)
    if name not in LINKS:
        raise NotCompilable(f"{name} is not a linear classifier that can be written as plain data.")
    if name.endswith("NB"):
        return *_bayes(classifier, name), "softmax"
    weights, intercepts = _coefficients(classifier)
    return weights, intercepts, _link(classifier, LINKS[name], len(weights))


def _bayes(classifier: Any, name: str) -> tuple[Any, Any]:
    """What `_joint_log_likelihood` multiplies with and adds."""
    import numpy as np

    logs, priors = classifier.feature_log_prob_, classifier.class_log_prior_
    if name == "ComplementNB":
        return logs, np.zeros(len(logs))
    if name == "BernoulliNB":
        with np.errstate(all="ignore"):  # what is not finite is refused later
            absent = np.log(1 - np.exp(logs))
        return logs - absent, priors + absent.sum(axis=1)
    return logs, priors


def _coefficients(classifier: Any) -> tuple[Any, Any]:
    import numpy as np

    labels = getattr(classifier, "_label_binarizer", None)
    if labels is not None and labels.y_type_.startswith("multilabel"):
        raise NotCompilable(f"{type(classifier).__name__} gives several labels to a text.")
    dense = classifier.coef_.toarray() if hasattr(classifier.coef_, "toarray") else classifier.coef_
    weights = np.atleast_2d(dense)
    # fit_intercept=False leaves one 0.0 for all rows
    return weights, np.broadcast_to(np.asarray(classifier.intercept_, dtype=weights.dtype).ravel(), (len(weights),))


def _one_vs_rest(classifier: Any) -> tuple[Any, Any, str]:
    """One binary classifier for each class, or a single one for two classes."""
    import numpy as np

    rows = [_linear(each) for each in classifier.estimators_]
    if classifier.multilabel_ or any(len(row[0]) != 1 or row[2] == "modified-huber" for row in rows):
        raise NotCompilable("OneVsRestClassifier is compiled with logistic regressions and linear machines only.")
    weights, intercepts = (np.concatenate([row[i] for row in rows]) for i in (0, 1))
    if len(rows) == 1:
        return weights, intercepts, "binary"
    if len(set(intercepts.tolist())) < len(rows):
        raise NotCompilable("OneVsRestClassifier says the last of equal classes for a text without known words.")
    return weights, intercepts, "one-vs-rest" if hasattr(classifier, "predict_proba") else "softmax"


def _link(classifier: Any, kind: str | None, rows: int) -> str:
    if kind == "by-loss":
        kind = {"log_loss": "one-vs-rest", "modified_huber": "modified-huber"}.get(classifier.loss)
    if kind == "by-classes":
        return _logistic_link(classifier, rows)
    # No probabilities of its own: sigmoids of the margin keep the order; the manifest says they are not calibrated.
    return kind or ("binary" if rows == 1 else "softmax")


def _logistic_link(classifier: Any, rows: int) -> str:
    """Before version 1.8 of scikit-learn there was `multi_class`."""
    asked = getattr(classifier, "multi_class", "auto")
    if rows == 1 and asked == "multinomial":
        raise NotCompilable("A multinomial regression with two classes doubles its decision values.")
    if asked == "ovr" or (rows > 1 and classifier.solver == "liblinear"):
        return "one-vs-rest"
    return "binary" if rows == 1 else "softmax"
