"""Models served through scikit-learn: only from the very bytes, and at the versions, that they were saved with."""

from __future__ import annotations

import hashlib
import io
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC

from server_image.artifact import ArtifactError, load, pack, unpack
from server_image.pickled import CHECKED, PickledModel

TEXTS = ["good day", "bad day", "so so day", "very good", "so bad", "so"] * 5
LABELS = [2, 0, 1, 2, 0, 1] * 5
NAMES = ["bad", "so-so", "good"]

Make = Callable[..., Path]


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.proof),)


def dumped(value: Any) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer)
    return buffer.getvalue()


def fitted(classifier: Any, classes: int = 3) -> Any:
    labels = [min(label, classes - 1) for label in LABELS]
    return make_pipeline(TfidfVectorizer(), classifier).fit(TEXTS, labels)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A function that makes a model folder of these (name: what is pickled) and changes to its manifest."""

    def make(parts: dict[str, Any], labels: list[str] = NAMES, **changes: Any) -> Path:
        files = {f"{name}.joblib": dumped(part) for name, part in parts.items()}
        libraries = {name: version(name) for name in CHECKED}
        manifest = {"labels": labels, "compiled": False, "python": platform.python_version(), "libraries": libraries}
        pack(tmp_path / "model.tar.gz", files, {**manifest, **changes})
        unpack(tmp_path / "model.tar.gz", tmp_path / "model")
        return tmp_path / "model"

    return make


@pytest.mark.parametrize("together", [True, False])
def test_it_answers_as_the_pipeline_does(make: Make, together: bool) -> None:
    pipeline = fitted(RandomForestClassifier(n_estimators=5, random_state=0))
    parts = {"pipeline": pipeline} if together else {"vectorizer": pipeline[0], "classifier": pipeline[1]}
    model = load(make(parts))
    assert isinstance(model, PickledModel)
    assert model.labels == tuple(NAMES)
    answers = model.predict(TEXTS[:6])
    assert [label for label, _ in answers] == [NAMES[i] for i in pipeline.predict(TEXTS[:6])]
    np.testing.assert_array_equal([score for _, score in answers], pipeline.predict_proba(TEXTS[:6]).max(axis=1))
    assert model.predict([]) == []
    assert model.explain("good day") == []


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("classifier", [LinearSVC(), SVC()], ids=str)
def test_margins_become_scores_that_keep_their_order(make: Make, classifier: Any, classes: int) -> None:
    pipeline = fitted(classifier, classes)
    model = load(make({"pipeline": pipeline}, NAMES[:classes]))
    answers = model.predict([*TEXTS[:6], ""])
    assert [label for label, _ in answers] == [NAMES[i] for i in pipeline.predict([*TEXTS[:6], ""])]
    assert all(1 / classes <= score <= 1 for _, score in answers)


@pytest.mark.parametrize("name", CHECKED)
def test_another_version_of_a_library_is_an_error_and_nothing_is_opened(make: Make, name: str, tmp_path: Path) -> None:
    libraries = {each: version(each) for each in CHECKED} | {name: "0.1"}
    folder = make({"pipeline": Trap(tmp_path / "proof")}, libraries=libraries)
    with pytest.raises(ArtifactError, match=rf"{name} 0\.1 \(here {version(name)}\).*train again"):
        load(folder)
    assert not (tmp_path / "proof").exists()


def test_another_python_is_an_error(make: Make) -> None:
    pipeline = fitted(LinearSVC())
    with pytest.raises(ArtifactError, match=r"Python 3\.9\.1 \(here"):
        load(make({"pipeline": pipeline}, python="3.9.1"))


def test_a_patch_of_python_makes_no_difference(make: Make) -> None:
    series = ".".join(platform.python_version_tuple()[:2])
    assert load(make({"pipeline": fitted(LinearSVC())}, python=f"{series}.99")).labels == tuple(NAMES)


def test_a_library_that_is_missing_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def none(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    folder = make({"pipeline": fitted(LinearSVC())})
    monkeypatch.setattr(metadata, "version", none)
    with pytest.raises(ArtifactError, match=r"scikit-learn [\d.]+ \(here none\)"):
        load(folder)


def test_a_pickle_whose_bytes_were_changed_is_never_opened(make: Make, tmp_path: Path) -> None:
    folder = make({"pipeline": fitted(LinearSVC())})
    (folder / "pipeline.joblib").write_bytes(dumped(Trap(tmp_path / "proof")))
    with pytest.raises(ArtifactError, match="SHA-256 differs"):
        load(folder)
    assert not (tmp_path / "proof").exists()


def test_the_trap_of_these_tests_works(make: Make, tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    folder = make({"pipeline": Trap(tmp_path / "proof")})
    load(folder)
    assert (tmp_path / "proof").exists()


def test_what_cannot_be_opened_is_told(make: Make) -> None:
    with pytest.raises(ArtifactError, match=r"vectorizer\.joblib cannot be read"):
        load(make({"classifier": LinearSVC()}))


def test_code_that_is_missing_here_is_told(make: Make) -> None:
    folder = make({"pipeline": None})
    gone = b"cno_such_package\nmodel\n."
    (folder / "pipeline.joblib").write_bytes(gone)
    manifest = folder / "manifest.json"
    was = hashlib.sha256(dumped(None)).hexdigest()
    manifest.write_text(manifest.read_text().replace(was, hashlib.sha256(gone).hexdigest()))
    with pytest.raises(ArtifactError, match="No module named 'no_such_package'"):
        load(folder)
