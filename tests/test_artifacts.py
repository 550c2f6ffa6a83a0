"""From a fitted model to model.tar.gz: compiled or not, it answers as it did, and the same model is the same bytes."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from sentiment_cli import artifacts, dataset, training
from sentiment_cli.artifacts import Ingredients
from sentiment_cli.errors import SentimentError
from sentiment_cli.modelling import _ingredients
from sentiment_cli.project import Tfidf
from server_image.artifact import load, unpack, verify
from server_image.pickled import CHECKED, PickledModel, load_pickled
from server_image.scorer import Scorer

SAMPLE = Path(__file__).parents[1] / "templates/project/data/tweets.csv"
TEXTS = ["good day", "bad day", "so so day", "very good", "so bad", "so", ""] * 3
LABELS = [1, 0, 2, 1, 0, 2, 2] * 3
NAMES = ("bad", "good", "so-so")


def of(vectorizer: Any, classifier: Any) -> Ingredients:
    classifier.fit(vectorizer.fit_transform(TEXTS), LABELS)
    return Ingredients(NAMES, TEXTS, [], vectorizer, classifier)


def opened(written: artifacts.Written, folder: Path) -> dict[str, Any]:
    """The manifest of the artifact, unpacked into `folder`."""
    unpack(written.path, folder)
    return verify(folder)


@pytest.fixture(scope="module", params=[2, 3])
def rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dataset.Dataset:
    """The bundled sample, and the same with a third class."""
    path = SAMPLE
    if request.param == 3:
        path = tmp_path_factory.mktemp("three") / "tweets.csv"
        neutral = [f'"the {word} is on {day}",neutral' for word in ("shop", "train", "bank") for day in range(100)]
        path.write_text(SAMPLE.read_text() + "\n".join(neutral) + "\n")
    return dataset.read(path, seed=0)


def test_a_trained_model_answers_alike_compiled_and_through_scikit_learn(rows: dataset.Dataset, tmp_path: Path) -> None:
    trained = training.train(rows, training.Options(Tfidf().vectorizer_options(), C=3.0))
    written = artifacts.write(_ingredients(trained, rows.texts), tmp_path / "model.tar.gz")
    assert written.compiled
    manifest = opened(written, tmp_path / "model")
    compiled, pickled = load(tmp_path / "model"), load_pickled(tmp_path / "model", manifest)
    assert isinstance(compiled, Scorer)
    assert compiled.labels == pickled.labels == trained.names
    ours, theirs = compiled.predict(rows.texts), pickled.predict(rows.texts)
    assert [label for label, _ in ours] == [label for label, _ in theirs]
    np.testing.assert_allclose([score for _, score in ours], [score for _, score in theirs], rtol=0, atol=1e-9)
    for golden in manifest["golden"]:
        [(label, score)] = compiled.predict([golden["text"]])
        assert (label, score) == (golden["label"], pytest.approx(golden["score"], abs=1e-9))


def test_the_manifest_says_all_that_a_server_must_know(tmp_path: Path) -> None:
    made = of(TfidfVectorizer(), LogisticRegression())
    made = Ingredients(
        NAMES,
        TEXTS,
        [("good", "good", 0.9)],
        made.vectorizer,
        made.classifier,
        metrics={"accuracy": 0.5},
        data_sha256="d",
    )
    manifest = opened(artifacts.write(made, tmp_path / "model.tar.gz"), tmp_path / "model")
    assert manifest["labels"] == list(NAMES)
    assert manifest["python"] == platform.python_version()
    assert manifest["libraries"] == {name: version(name) for name in ("scikit-learn", "numpy", "scipy", "joblib")}
    assert manifest["metrics"] == {"accuracy": 0.5}
    assert manifest["data_sha256"] == "d"
    assert manifest["compiled"] is True
    assert manifest["probability"] == "predict_proba"
    assert manifest["golden"] == [{"text": "good", "label": "good", "score": 0.9}]
    assert sorted(manifest["files"]) == ["classifier.joblib", "scorer.json", "vectorizer.joblib"]


def infinite() -> Ingredients:
    """Naive Bayes without smoothing: the logarithm of a word that a class does not have is minus infinity."""
    made = of(TfidfVectorizer(), MultinomialNB(alpha=0, force_alpha=True))
    made.classifier.feature_log_prob_ = np.where(made.classifier.feature_log_prob_ < -5, -np.inf, -1.0)
    return made


def with_lone_surrogate() -> Ingredients:
    return of(TfidfVectorizer(vocabulary=["good", "bad", "\ud83d"]), LogisticRegression())


NOT_COMPILED = {
    "forest": (lambda: of(TfidfVectorizer(), RandomForestClassifier(3, random_state=0)), "not a linear"),
    "single precision": (lambda: of(TfidfVectorizer(dtype=np.float32), LogisticRegression()), "float32"),
    "infinite": (infinite, "not finite"),
    "lone surrogate": (with_lone_surrogate, "surrogate"),
    "two vectorizers": (lambda: of(make_union(TfidfVectorizer(), TfidfVectorizer()), LinearSVC()), "FeatureUnion"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", NOT_COMPILED)
def test_what_cannot_be_compiled_is_served_by_scikit_learn_and_the_reason_is_kept(name: str, tmp_path: Path) -> None:
    make, reason = NOT_COMPILED[name]
    made = make()
    written = artifacts.write(made, tmp_path / "model.tar.gz")
    assert not written.compiled
    assert reason in written.reason_not_compiled
    manifest = opened(written, tmp_path / "model")
    assert manifest["compiled"] is False
    assert "scorer.json" not in manifest["files"]
    model = load(tmp_path / "model")
    assert isinstance(model, PickledModel)
    assert [label for label, _ in model.predict(TEXTS)] == [
        NAMES[i] for i in made.classifier.predict(made.vectorizer.transform(TEXTS))
    ]


def test_a_pipeline_that_does_not_come_apart_is_kept_whole(tmp_path: Path) -> None:
    pipeline = make_pipeline(TfidfVectorizer(), TruncatedSVD(2, random_state=0), LinearSVC()).fit(TEXTS, LABELS)
    written = artifacts.write(Ingredients(NAMES, TEXTS, [], pipeline=pipeline), tmp_path / "model.tar.gz")
    manifest = opened(written, tmp_path / "model")
    assert list(manifest["files"]) == ["pipeline.joblib"]
    assert manifest["probability"] == "margin"
    assert [label for label, _ in load(tmp_path / "model").predict(TEXTS)] == [
        NAMES[i] for i in pipeline.predict(TEXTS)
    ]


@pytest.mark.parametrize("whole", [True, False])
def test_the_same_model_is_the_same_bytes_whatever_it_was_used_for_before(whole: bool, tmp_path: Path) -> None:
    def write(name: str, use: bool) -> bytes:
        made = of(TfidfVectorizer(stop_words=["so"]), LogisticRegression())
        if use:
            made.vectorizer.transform(["so good"])
        else:
            del made.vectorizer._stop_words_id
        if whole:
            made = Ingredients(NAMES, TEXTS, [], pipeline=make_pipeline(made.vectorizer, made.classifier))
        artifacts.write(made, tmp_path / name)
        return (tmp_path / name).read_bytes()

    assert write("used", True) == write("unused", False)


def test_a_full_disk_is_told_and_the_old_artifact_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = of(TfidfVectorizer(), LogisticRegression())
    path = artifacts.write(made, tmp_path / "model.tar.gz").path
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SentimentError) as caught:
        artifacts.write(of(TfidfVectorizer(), LinearSVC()), path)
    assert (caught.value.code, caught.value.why) == ("cannot-write", "No space left on device.")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_versions_that_are_written_down_are_those_that_the_server_looks_at() -> None:
    assert artifacts.LIBRARIES == CHECKED
