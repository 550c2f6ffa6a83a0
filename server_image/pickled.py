"""Serves a model that could not be compiled through scikit-learn, at exactly the versions it was saved with.

The only place of the server that unpickles; the bytes have been held against their hash before.
"""

from __future__ import annotations

import io
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from server_image.artifact import ArtifactError, read

CHECKED = ("scikit-learn", "numpy", "scipy", "joblib")


class PickledModel:
    """Implements `server_image.model.Model` over a scikit-learn pipeline."""

    def __init__(self, pipeline: Any, labels: Sequence[str]) -> None:
        self._pipeline = pipeline
        self._labels = tuple(labels)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the pipeline's columns."""
        return self._labels

    def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """For each text: the label that wins, and its probability."""
        if not texts:
            return []
        rows = self.probabilities(texts)
        return [(self._labels[row.index(max(row))], max(row)) for row in rows]

    def probabilities(self, texts: Sequence[str]) -> list[list[float]]:
        """predict_proba; for a classifier without it the softmax of its decision values, which keeps their order."""
        if hasattr(self._pipeline, "predict_proba"):
            rows: list[list[float]] = self._pipeline.predict_proba(list(texts)).tolist()
            return rows
        from server_image.links import binary, softmax

        values = self._pipeline.decision_function(list(texts)).tolist()
        return [softmax(row) if isinstance(row, list) else binary([row]) for row in values]

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:  # noqa: ARG002
        """Nothing: what stands behind may be any model."""
        return []


def load_pickled(directory: Path, manifest: Mapping[str, Any]) -> PickledModel:
    """The model in vectorizer.joblib and classifier.joblib, or pipeline.joblib. Raises ArtifactError."""
    _check_versions(manifest)
    try:
        import joblib
        from sklearn.pipeline import make_pipeline

        if "pipeline.joblib" in manifest["files"]:
            pipeline = joblib.load(io.BytesIO(read(directory, "pipeline.joblib", manifest)))
        else:
            parts = ("vectorizer.joblib", "classifier.joblib")
            pipeline = make_pipeline(*(joblib.load(io.BytesIO(read(directory, each, manifest))) for each in parts))
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(
            f"The model cannot be opened ({type(error).__name__}: {error}). Code that it needs may be missing here."
        ) from error
    return PickledModel(pipeline, manifest["labels"])


def _check_versions(manifest: Mapping[str, Any]) -> None:
    from importlib.metadata import PackageNotFoundError, version

    wrong = []
    made_with, here = str(manifest.get("python", "")), platform.python_version()
    if made_with.split(".")[:2] != here.split(".")[:2]:
        wrong.append(f"Python {made_with} (here {here})")
    for name in CHECKED:
        wanted = manifest.get("libraries", {}).get(name)
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "none"
        if wanted is not None and wanted != found:
            wrong.append(f"{name} {wanted} (here {found})")
    if wrong:
        raise ArtifactError(
            f"The model was saved with {', '.join(wrong)}. Pickles are only safe at the same versions: serve it with "
            "`--engine docker`, install those versions, or train again."
        )
