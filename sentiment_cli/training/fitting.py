"""Fits a TfidfVectorizer and a LogisticRegression to texts: what scikit-learn would, in less time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment_cli.events import Emit, Note, Progress, ignore
from sentiment_cli.training.counting import count
from sentiment_cli.training.matrix import tfidf
from sentiment_cli.training.options import Options
from sentiment_cli.training.processes import processes_for, usable_cpus
from sentiment_cli.training.solver import MOST_STEPS, Solution, solve
from sentiment_cli.training.terms import Terms, choose, limits, nothing_left
from sentiment_cli.training.words import CHUNK, read_words

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression


def fit(
    texts: Sequence[str], labels: NDArray[np.int8], names: Sequence[str], options: Options, emit: Emit = ignore
) -> tuple[TfidfVectorizer, LogisticRegression]:
    """A vectorizer and a classifier fitted to `texts`, whose `labels` are indices in `names`.

    Both are scikit-learn's own objects with all that fitting sets. Raises InputError if no word is left to learn from.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(**options.tfidf)
    with ThreadPoolExecutor(usable_cpus()) as executor:
        parts, numbers = _learn_vocabulary(vectorizer, texts, executor, emit)
        on_step = lambda step: emit(Progress("Fitting", step, None, "steps"))  # noqa: E731
        solution = solve(parts, labels, len(names), options.C, executor, on_step)
    if not solution.converged:
        emit(Note("The fit did not converge: a smaller `C` under [model] may help.", "warning"))
    weights = np.empty_like(solution.weights)
    weights[:, numbers] = solution.weights
    return vectorizer, _classifier(weights, solution, names, options.C)


def _learn_vocabulary(
    vectorizer: TfidfVectorizer, texts: Sequence[str], executor: ThreadPoolExecutor, emit: Emit
) -> tuple[list[Any], NDArray[np.intp]]:
    """Fit `vectorizer`; the texts' matrix in parts, and for each of its columns the number of the term."""
    if not _countable(vectorizer):
        return _plain(vectorizer, texts, emit)
    corpus = read_words(texts, _splitter(vectorizer), processes_for(len(texts) // CHUNK), emit)
    shortest, longest = vectorizer.ngram_range
    if longest > 1 and any(" " in word for word in corpus.words):
        return _plain(vectorizer, texts, emit)
    least, most = limits(vectorizer, len(texts))
    emit(Progress("Counting words and phrases", len(texts), len(texts), "rows"))
    levels = count(corpus, longest, least, executor)[shortest - 1 :]
    del corpus
    terms = choose(levels, most, vectorizer.max_features, binary=vectorizer.binary)
    idf = _idf(terms, len(texts), smooth=vectorizer.smooth_idf) if vectorizer.use_idf else None
    _set_vocabulary(vectorizer, terms, idf)
    return tfidf(levels, terms, idf, vectorizer, executor), terms.numbers


def _countable(vectorizer: TfidfVectorizer) -> bool:
    """Whether its terms are runs of words, and nothing about them was replaced by code."""
    own = (vectorizer.tokenizer, vectorizer.preprocessor, vectorizer.vocabulary)
    return vectorizer.analyzer == "word" and own == (None, None, None) and vectorizer.dtype is np.float64


def _splitter(vectorizer: TfidfVectorizer) -> Callable[[str], Sequence[str]]:
    """What scikit-learn does to a text before it makes n-grams."""
    prepare, split = vectorizer.build_preprocessor(), vectorizer.build_tokenizer()
    stop_words = vectorizer.get_stop_words()
    if stop_words is None:
        return lambda text: split(prepare(text))
    return lambda text: [word for word in split(prepare(text)) if word not in stop_words]


def _plain(vectorizer: TfidfVectorizer, texts: Sequence[str], emit: Emit) -> tuple[list[Any], NDArray[np.intp]]:
    """The same by scikit-learn itself."""
    emit(Note("These TF-IDF options are counted by scikit-learn on one CPU, which takes longer."))
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError as error:
        raise nothing_left(str(error)) from None
    return [matrix], np.arange(matrix.shape[1])


def _idf(terms: Terms, rows: int, *, smooth: bool) -> NDArray[np.float64]:
    """Operation by operation as in TfidfTransformer.fit, so that not even the last bit differs."""
    rows_with = terms.rows_with.astype(np.float64)
    rows_with += float(smooth)
    idf = np.full_like(rows_with, rows + int(smooth))
    idf /= rows_with
    np.log(idf, out=idf)
    idf += 1.0
    return idf


def _set_vocabulary(vectorizer: TfidfVectorizer, terms: Terms, idf: NDArray[np.float64] | None) -> None:
    from sklearn.feature_extraction.text import TfidfTransformer

    vectorizer.vocabulary_ = {term: number for number, term in enumerate(terms.strings)}
    vectorizer.fixed_vocabulary_ = False
    transformer = TfidfTransformer(
        norm=vectorizer.norm,
        use_idf=vectorizer.use_idf,
        smooth_idf=vectorizer.smooth_idf,
        sublinear_tf=vectorizer.sublinear_tf,
    )
    transformer.n_features_in_ = len(terms.strings)
    vectorizer._tfidf = transformer
    if idf is not None:
        vectorizer.idf_ = idf


def _classifier(weights: Any, solution: Solution, names: Sequence[str], c: float) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(C=c, max_iter=MOST_STEPS)
    classifier.classes_ = np.array(names)
    classifier.coef_ = weights
    classifier.intercept_ = solution.intercepts
    classifier.n_iter_ = np.array([solution.steps], dtype=np.int32)
    classifier.n_features_in_ = weights.shape[1]
    return classifier
