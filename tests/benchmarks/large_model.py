"""A model of a million terms, as large as those of millions of tweets: large_model FOLDER [TERMS] writes FOLDER/model.

Its weights are drawn, not learnt; what is measured with it is loading and sharing, not what it answers.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.tweets import SYLLABLES

TERMS = 1_000_000
WORDS = 100_000  # the others are pairs of these
TEXT = "{} {} {}"


def main(folder: Path, terms: int = TERMS) -> None:
    from sentiment_cli import artifacts
    from server_image.artifact import unpack

    vocabulary = _vocabulary(terms)
    vectorizer, classifier = _fitted(vocabulary)
    text = TEXT.format(*vocabulary[:3])
    [row] = classifier.predict_proba(vectorizer.transform([text]))
    golden = (text, str(classifier.classes_[row.argmax()]), float(row.max()))
    parts = artifacts.Ingredients(
        ("Negative", "Positive"), [text], [golden], vectorizer=vectorizer, classifier=classifier
    )
    artifacts.write(parts, folder / "model.tar.gz")
    unpack(folder / "model.tar.gz", folder / "model")
    (folder / "golden.json").write_text(json.dumps(golden))


def _vocabulary(terms: int) -> list[str]:
    words = ["".join(letters) for letters in itertools.islice(itertools.product(SYLLABLES, repeat=4), WORDS)]
    words = words[: max(3, terms // 10)]
    draw, pairs = random.Random(0), set[str]()
    while len(words) + len(pairs) < terms:
        pairs.add(f"{draw.choice(words)} {draw.choice(words)}")
    return words + sorted(pairs)


def _fitted(vocabulary: list[str]) -> tuple[Any, Any]:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from sentiment_cli.project import Model

    draw = np.random.default_rng(0)
    vectorizer = TfidfVectorizer(**Model().tfidf.vectorizer_options())
    vectorizer.vocabulary_ = {term: number for number, term in enumerate(vocabulary)}
    vectorizer.idf_ = draw.uniform(1, 15, len(vocabulary))
    classifier = LogisticRegression()
    classifier.classes_ = np.array(["Negative", "Positive"])
    classifier.coef_, classifier.intercept_ = draw.normal(size=(1, len(vocabulary))), np.zeros(1)
    classifier.n_features_in_ = len(vocabulary)
    return vectorizer, classifier


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
