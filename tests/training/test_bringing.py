"""A model fitted elsewhere is taken if it can be served, refused with the reason if not, and answers as it did."""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import SVC, LinearSVC

from sentiment_cli import artifacts
from sentiment_cli.errors import InputError
from sentiment_cli.events import Event, Note
from sentiment_cli.golden import TEXTS
from sentiment_cli.training import bring, bringing
from sentiment_cli.training.opening import check
from server_image import artifact
from server_image.scorer import Scorer
from tests.commands.conftest import run

from .conftest import tweets

ROWS, LABELS = tweets(240)
ASKED = [*TEXTS, "love love love", "worst train ever", "so awful :( #nope", "straße 😍", "not great, not bad"]

Save = Callable[[Any], Path]


def fitted(*steps: Any, labels: Any = LABELS) -> Pipeline:
    return make_pipeline(*steps).fit(ROWS, labels)


def tfidf_and_regression(labels: Any = LABELS) -> Pipeline:
    return fitted(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(), labels=labels)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is made in this process, for scikit-learn takes long to start: where no more than the model matters."""
    monkeypatch.setattr(bringing, "_asked", check)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def dump(saved: Any) -> Path:
        joblib.dump(saved, tmp_path / "model.joblib")
        return tmp_path / "model.joblib"

    return dump


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        bring(path)
    error = caught.value
    assert str(path) in error.what
    assert error.fix
    return error


def served(path: Path, tmp_path: Path) -> tuple[artifacts.Written, Any]:
    """(what was written, the model as a server opens it)"""
    written = artifacts.write(bring(path), tmp_path / "model.tar.gz")
    artifact.unpack(written.path, tmp_path / "unpacked")
    return written, artifact.load(tmp_path / "unpacked")


PIPELINE = tfidf_and_regression()
COMPILABLE: dict[str, tuple[Any, Any]] = {
    "pipeline": (PIPELINE, PIPELINE),
    "tuple": (tuple(step for _, step in PIPELINE.steps), PIPELINE),
    "list, the other way round": ([PIPELINE[1], PIPELINE[0]], PIPELINE),
    "dict": ({"vectorizer": PIPELINE[0], "model": PIPELINE[1], "accuracy": 0.8, "by": "ana"}, PIPELINE),
    "dict of a pipeline": ({"pipeline": PIPELINE, "accuracy": 0.8}, PIPELINE),
}
for _name, _model in {
    "counts and tf-idf": fitted(CountVectorizer(min_df=2), TfidfTransformer(sublinear_tf=True), LogisticRegression()),
    "counts": fitted(CountVectorizer(binary=True), MultinomialNB()),
    "characters": fitted(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3)), LogisticRegression()),
    "stop words": fitted(TfidfVectorizer(stop_words="english"), SGDClassifier(loss="log_loss", random_state=0)),
    "search": GridSearchCV(make_pipeline(TfidfVectorizer(), LogisticRegression()), {"logisticregression__C": [1, 3]}),
}.items():
    if isinstance(_model, GridSearchCV):
        _model.fit(ROWS, LABELS)
    COMPILABLE[_name] = _model, _model


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", COMPILABLE)
def test_a_linear_text_model_becomes_plain_data_and_answers_the_same(name: str, save: Save, tmp_path: Path) -> None:
    saved, model = COMPILABLE[name]
    written, opened = served(save(saved), tmp_path)
    assert written.compiled, written.reason_not_compiled
    assert isinstance(opened, Scorer)
    assert opened.labels == ("Negative", "Positive")
    np.testing.assert_allclose(opened.probabilities(ASKED), model.predict_proba(ASKED), atol=1e-9)


NOT_COMPILABLE: dict[str, Any] = {
    "forest": fitted(TfidfVectorizer(), RandomForestClassifier(10, n_jobs=2, random_state=0)),
    "neighbours": fitted(TfidfVectorizer(), KNeighborsClassifier()),
    "hashes": fitted(HashingVectorizer(n_features=2**12), LogisticRegression()),
    "union": fitted(FeatureUnion([("word", TfidfVectorizer()), ("n", CountVectorizer())]), LogisticRegression()),
    "calibrated": fitted(TfidfVectorizer(), CalibratedClassifierCV(LinearSVC())),
    "code in the vectorizer": fitted(TfidfVectorizer(tokenizer=str.split, token_pattern=None), LogisticRegression()),
    "counts, tf-idf and a forest": fitted(CountVectorizer(), TfidfTransformer(), RandomForestClassifier(5)),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", NOT_COMPILABLE)
def test_any_other_is_served_through_scikit_learn(name: str, save: Save, tmp_path: Path) -> None:
    model = NOT_COMPILABLE[name]
    written, opened = served(save(model), tmp_path)
    assert not written.compiled
    assert written.reason_not_compiled.endswith(".")
    np.testing.assert_allclose(opened.probabilities(ASKED), model.predict_proba(ASKED), atol=1e-12)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("classifier", "compiled"), [(LinearSVC(), True), (SVC(), False)])
def test_without_probabilities_the_margin_decides(classifier: Any, compiled: bool, save: Save, tmp_path: Path) -> None:
    model = fitted(TfidfVectorizer(), classifier)
    written, opened = served(save(model), tmp_path)
    assert written.compiled is compiled
    assert artifact.verify(tmp_path / "unpacked")["probability"] == "margin"
    answers = opened.predict(ASKED)
    assert [label for label, _ in answers] == [("Negative", "Positive")[each] for each in model.predict(ASKED)]
    margins = np.abs(model.decision_function(ASKED))
    np.testing.assert_array_equal(np.argsort([score for _, score in answers]), np.argsort(margins))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([0, 1], ("Negative", "Positive")),
        ([0, 4], ("Negative", "Positive")),
        ([-1.0, 1.0], ("Negative", "Positive")),
        ([False, True], ("Negative", "Positive")),
        (["0", "1"], ("Negative", "Positive")),
        ([1, 2], ("1", "2")),
        (["sad", "happy"], ("happy", "sad")),
        (["pos", "neg"], ("neg", "pos")),
        (["ham", "spam"], ("ham", "spam")),
    ],
)
def test_numbers_get_names_and_words_stay(values: list[Any], names: tuple[str, ...], save: Save) -> None:
    model = tfidf_and_regression(np.array(values)[LABELS])
    brought = bring(save(model))
    assert brought.labels == names
    expected = [names[row.argmax()] for row in model.predict_proba(list(TEXTS))]
    assert [label for _, label, _ in brought.golden] == expected


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("threshold", "notes"), [(0.95, 1), (0.5, 0)])
def test_a_threshold_of_its_own_is_told(threshold: float, notes: int, save: Save) -> None:
    told: list[Event] = []
    bring(
        save(fitted(TfidfVectorizer(), FixedThresholdClassifier(LogisticRegression(), threshold=threshold))),
        told.append,
    )
    assert ["most probable" in each.text for each in told if isinstance(each, Note)] == [True] * notes


@pytest.mark.usefixtures("here")
def test_three_labels(save: Save, tmp_path: Path) -> None:
    rows, labels = tweets(300, classes=3)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(rows, np.array(["bad", "good", "meh"])[labels])
    _, opened = served(save(model), tmp_path)
    assert opened.labels == ("bad", "good", "meh")
    np.testing.assert_allclose(opened.probabilities(ASKED), model.predict_proba(ASKED), atol=1e-9)


REFUSED: dict[str, tuple[Any, str, str]] = {
    "not fitted": (make_pipeline(TfidfVectorizer(), LogisticRegression()), "not-fitted", "not fitted"),
    "pair, not fitted": ((TfidfVectorizer(), LogisticRegression()), "not-fitted", "not fitted"),
    "regression": (fitted(TfidfVectorizer(), LinearRegression()), "no-classifier", "LinearRegression"),
    "vectorizer alone": (PIPELINE[0], "no-classifier", "TfidfVectorizer"),
    "classifier alone": (PIPELINE[1], "no-texts", "vectorizer has to be in the file"),
    "two of each": ([*COMPILABLE["tuple"][0]] * 2, "no-classifier", "not one vectorizer and one classifier"),
    "nothing": ([], "no-classifier", "nothing"),
    "a dict of words": ({"a": 1}, "no-classifier", "int"),
    "an array": (np.arange(3), "no-classifier", "ndarray"),
    "no probabilities": (
        fitted(TfidfVectorizer(), VotingClassifier([("a", LogisticRegression()), ("b", MultinomialNB())])),
        "no-probabilities",
        "VotingClassifier",
    ),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_text_classifier_is_refused(name: str, save: Save) -> None:
    saved, code, said = REFUSED[name]
    error = refusal(save(saved))
    assert error.code == code
    assert said in f"{error.what} {error.why} {error.fix}"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "content", [b"", b"text,label\nhello,1\n", b"\x80\x04garbage", bytes(range(256)), b"PK\x03\x04"]
)
def test_what_is_no_joblib_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(content)
    assert refusal(path).code == "not-joblib"


@pytest.mark.usefixtures("here")
def test_half_a_file_is_refused(save: Save) -> None:
    path = save(PIPELINE)
    path.write_bytes(path.read_bytes()[:-500])
    assert refusal(path).code == "not-joblib"


def test_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.joblib").code == "no-file"
    assert refusal(tmp_path).code == "no-file"


def with_function(function: Any) -> Pipeline:
    return fitted(TfidfVectorizer(preprocessor=function), LogisticRegression())


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a module `cleaning`, which can be imported here."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "cleaning.py").write_text(
        "from sklearn.pipeline import Pipeline\n\ndef clean(text):\n    return text.lower()\n\n"
        "class Flow(Pipeline):\n    pass\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "cleaning", raising=False)
    return folder


def test_a_function_of_the_script_that_saved_it_is_missing_elsewhere(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clean(text: str) -> str:
        return text.lower()

    # as if this were the script
    monkeypatch.setattr(clean, "__module__", "__main__")
    monkeypatch.setattr(clean, "__qualname__", "clean")
    monkeypatch.setattr(sys.modules["__main__"], "clean", clean, raising=False)
    error = refusal(save(with_function(clean)))
    assert error.code == "main-attribute"
    assert "script or notebook" in error.what
    assert "clean" in error.why


def test_a_module_of_ones_own_is_missing_elsewhere(save: Save, module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import cleaning  # type: ignore[import-not-found]

    path = save(with_function(cleaning.clean))
    monkeypatch.chdir(module)  # where it could be found, and must not be
    error = refusal(path)
    assert error.code == "missing-module"
    assert "cleaning" in error.why


def test_what_is_installed_here_but_not_on_the_server_is_refused(
    save: Save, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cleaning

    monkeypatch.setenv("PYTHONPATH", str(module))
    error = refusal(save(with_function(cleaning.clean)))
    assert error.code == "needs-package"
    assert "cleaning" in error.why


def test_a_package_that_plain_data_does_not_need_is_no_obstacle(
    save: Save, tmp_path: Path, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cleaning import Flow

    monkeypatch.setenv("PYTHONPATH", str(module))
    written, opened = served(save(Flow(PIPELINE.steps)), tmp_path)
    assert written.compiled
    np.testing.assert_allclose(opened.probabilities(ASKED), PIPELINE.predict_proba(ASKED), atol=1e-9)


def with_version(model: Any, version: str) -> bytes:
    """`model` as another version of scikit-learn would have saved it."""
    from sklearn import __version__

    here, there = (f"\x8c{chr(len(each))}{each}".encode("latin-1") for each in (__version__, version))
    content = pickle.dumps(model, protocol=4)
    assert here in content
    assert len(here) == len(there)  # a pickle's frames have their lengths before them
    return content.replace(here, there)


@pytest.mark.usefixtures("here")
def test_a_model_of_another_version_is_refused_or_told(tmp_path: Path) -> None:
    from sklearn import __version__

    path = tmp_path / "model.joblib"
    major, minor, patch = __version__.split(".")
    path.write_bytes(with_version(PIPELINE, f"{major}.{(int(minor) + 1) % 10}.{patch}"))
    error = refusal(path)
    assert error.code == "other-version"
    assert __version__ in error.why

    told: list[Event] = []
    path.write_bytes(with_version(PIPELINE, f"{major}.{minor}.{(int(patch) + 1) % 10}"))
    assert bring(path, told.append).labels == ("Negative", "Positive")
    assert [each.level for each in told if isinstance(each, Note)] == ["warning"]


@pytest.mark.usefixtures("here")
def test_what_scikit_learn_no_longer_has_points_to_its_version(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(b"csklearn.linear_model.logistic\nLogisticRegression\n.")
    assert refusal(path).code == "other-version"


class Runs:
    """Unpickling this runs `code`."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self.code,)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(0)", "exit code 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "exit code -9"),
    ],
)
def test_a_file_that_ends_the_process_is_refused(code: str, said: str, save: Save) -> None:
    error = refusal(save((Runs(code), *PIPELINE)))
    assert error.code == "crashed"
    assert said in error.why


def test_a_file_that_takes_forever_is_refused(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "_SECONDS", 3)
    # A child of its own keeps hold of whatever standard output and error were.
    code = "import subprocess, time; subprocess.Popen(['sleep', '20']); time.sleep(20)"
    began = time.monotonic()
    assert refusal(save(Runs(code))).code == "slow"
    assert time.monotonic() - began < 10


def test_what_a_file_leaves_running_is_not_waited_for(save: Save) -> None:
    code = "import threading, time; threading.Thread(target=time.sleep, args=(30,)).start()"
    began = time.monotonic()
    assert refusal(save([Runs(code)])).code == "no-classifier"
    assert time.monotonic() - began < 15


def test_a_file_gets_no_standard_input(save: Save) -> None:
    path = save([Runs("import sys; raise ValueError(repr(sys.stdin.read()))")])
    assert "ValueError: ''" in refusal(path).why


@pytest.mark.usefixtures("here")
def test_bringing_the_same_file_again_gives_the_same_artifact(save: Save, tmp_path: Path) -> None:
    path = save(PIPELINE)
    first, second = (artifacts.write(bring(path), tmp_path / name).sha256 for name in ("a.tar.gz", "b.tar.gz"))
    assert first == second


NOISY = "import os; print('from python', flush=True); os.system('echo from the shell')"


@pytest.mark.parametrize("name", ["linear", "forest"])
def test_from_the_file_to_answers_over_http(name: str, save: Save, tmp_path: Path) -> None:
    model = NOT_COMPILABLE["forest"] if name == "forest" else PIPELINE
    path = save((Runs(NOISY), *(step for _, step in model.steps)))
    done = run("train", "--from-joblib", path.name, "--json", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["compiled"] is (name == "linear")
    assert result["labels"] == ["Negative", "Positive"]
    unknown = ("rows", "train_rows", "test_rows", "accuracy", "f1", "roc_auc", "report")
    assert {result[key] for key in unknown} == {None}
    assert len(result["sha256"]) == 64
    assert (tmp_path / result["artifact"]).is_file()
    try:
        started = run("serve-local", "--engine", "process", "--port", "0", "--detach", "--json", cwd=tmp_path)
        assert started.returncode == 0, started.stderr
        given = json.dumps({"input": [{"text": text} for text in ASKED]})
        answer = run("invoke", "--json", "--file", "-", cwd=tmp_path, given=given)
    finally:
        run("serve-local", "--stop", cwd=tmp_path)
    rows = json.loads(answer.stdout)["output"]
    expected = model.predict_proba(ASKED)
    assert [row["label"] for row in rows] == [("Negative", "Positive")[each] for each in expected.argmax(axis=1)]
    np.testing.assert_allclose([row["score"] for row in rows], expected.max(axis=1), atol=1e-6)


def test_a_refused_file_leaves_the_model_of_before(save: Save, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.tar.gz").write_bytes(b"the model of before")
    done = run("train", "--from-joblib", save(PIPELINE[0]).name, "--yes", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "no-classifier"
    assert "Traceback" not in done.stderr
    assert (tmp_path / "model/model.tar.gz").read_bytes() == b"the model of before"


def test_without_consent_the_file_is_not_opened(save: Save, tmp_path: Path) -> None:
    path = save(Runs(f"open({os.fspath(tmp_path / 'opened')!r}, 'w')"))
    done = run("train", "--from-joblib", path.name, "--no-input", cwd=tmp_path)
    assert done.returncode != 0
    assert "--yes" in done.stderr
    assert not (tmp_path / "opened").exists()
