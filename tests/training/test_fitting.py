"""What is fitted is what scikit-learn fits: vocabulary, idf, matrix, weights and answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from sentiment_cli.project import TOKEN_PATTERN
from sentiment_cli.training import words
from sentiment_cli.training.fitting import _learn_vocabulary

from .conftest import tweets

BASE = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True, "token_pattern": TOKEN_PATTERN}
VARIATIONS: list[dict[str, Any]] = [
    {},
    {"ngram_range": (1, 1)},
    {"ngram_range": (2, 2)},
    {"ngram_range": (1, 3)},
    {"ngram_range": (2, 4), "min_df": 1},
    {"ngram_range": (3, 3), "min_df": 3},
    {"min_df": 1},
    {"min_df": 0.01},
    {"min_df": 0.004, "max_df": 0.2},
    {"max_df": 90},
    {"max_df": 0.05, "ngram_range": (1, 3)},
    {"max_features": 50},
    {"max_features": 200, "min_df": 1, "binary": True},
    {"max_features": 10**6},
    {"stop_words": "english"},
    {"stop_words": ["the", "so", "was", "not-there"], "ngram_range": (1, 3)},
    {"binary": True},
    {"sublinear_tf": False},
    {"lowercase": False},
    {"strip_accents": "unicode"},
    {"strip_accents": "ascii"},
    {"smooth_idf": False},
    {"use_idf": False},
    {"norm": "l1"},
    {"norm": None},
    {"token_pattern": r"(?u)\b\w\w+\b"},
    {"token_pattern": r"(\w)\w*"},
    {"token_pattern": r"\S+\s\S+"},
    {"token_pattern": r"\w+\s*"},
    {"token_pattern": r"."},
    {"analyzer": "char", "ngram_range": (1, 3)},
    {"analyzer": "char_wb", "ngram_range": (2, 3)},
    {"tokenizer": str.split, "token_pattern": None},
]


@pytest.mark.parametrize("changed", VARIATIONS, ids=str)
@pytest.mark.parametrize("parts", [1, 4])
def test_the_vectorizer_is_the_one_scikit_learn_would_fit(
    changed: dict[str, Any], parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if parts > 1:
        monkeypatch.setattr(words, "CHUNK", 37)
        monkeypatch.setattr(words, "_WORTH_PARTS", 0)
    texts, _ = tweets(500)
    ours, theirs = TfidfVectorizer(**{**BASE, **changed}), TfidfVectorizer(**{**BASE, **changed})
    expected = theirs.fit_transform(texts)
    with ThreadPoolExecutor(2) as executor:
        matrix, numbers = _learn_vocabulary(ours, texts, executor, lambda event: None)
    assert ours.vocabulary_ == theirs.vocabulary_
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    if theirs.use_idf:
        assert ours.idf_.tobytes() == theirs.idf_.tobytes()
    assert vars(ours).keys() | {"_stop_words_id"} == vars(theirs).keys() | {"_stop_words_id"}
    assert sorted(vars(ours._tfidf)) == sorted(vars(theirs._tfidf))
    made = np.concatenate([part.toarray() for part in matrix])
    np.testing.assert_allclose(made, expected.toarray()[:, numbers], rtol=1e-13)
    np.testing.assert_array_equal(ours.transform(texts).toarray(), theirs.transform(texts).toarray())
