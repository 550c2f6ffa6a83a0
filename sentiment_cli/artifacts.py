"""Makes model.tar.gz of a model: compiled where that is exact, pickled beside, with all a server must know.

Imports scikit-learn only through what it is given.
"""

from __future__ import annotations

import io
import platform
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_cli import __version__
from sentiment_cli.compiling import NotCompilable, check_compiled, compile_model
from sentiment_cli.errors import SentimentError

LIBRARIES = ("scikit-learn", "numpy", "scipy", "joblib")
SCORER = "scorer.json"


@dataclass(frozen=True)
class Ingredients:
    """A fitted model and what is known of it.

    `vectorizer` and `classifier` are None for a pipeline that does not come apart in two, which is then `pipeline`.
    `probe` are real texts to hold the compiled model against scikit-learn's on. `golden` are (text, label, score) that
    every server of this model must answer.
    """

    labels: tuple[str, ...]
    probe: Sequence[str]
    golden: Sequence[tuple[str, str, float]]
    vectorizer: Any = None
    classifier: Any = None
    pipeline: Any = None
    metrics: Mapping[str, Any] | None = None
    data_sha256: str | None = None


@dataclass(frozen=True)
class Written:
    """The artifact at `path`, its SHA-256, and why it could not be compiled (empty if it was)."""

    path: Path
    sha256: str
    reason_not_compiled: str

    @property
    def compiled(self) -> bool:
        return not self.reason_not_compiled


def write(ingredients: Ingredients, path: Path) -> Written:
    """Write the artifact to `path`, at once or not at all. Raises SentimentError where the disk refuses."""
    from server_image.artifact import pack

    files, reason = _files(ingredients)
    manifest = {
        "created_by": f"sentiment-cli {__version__}",
        "python": platform.python_version(),
        "libraries": _versions(),
        "labels": list(ingredients.labels),
        "metrics": dict(ingredients.metrics or {}),
        "data_sha256": ingredients.data_sha256,
        "compiled": not reason,
        "probability": _probability(ingredients),
        "golden": [{"text": text, "label": label, "score": score} for text, label, score in ingredients.golden],
    }
    try:
        return Written(path, pack(path, files, manifest), reason)
    except OSError as error:
        raise SentimentError(
            f"Cannot write {path}.", f"{error.strerror}.", "Make room, then run the command again.", code="cannot-write"
        ) from error


def _files(ingredients: Ingredients) -> tuple[dict[str, bytes], str]:
    """(name -> content, why there is no scorer.json among them)."""
    if ingredients.vectorizer is None:
        return {"pipeline.joblib": _dumped(ingredients.pipeline)}, "Its steps are not a vectorizer and a classifier."
    files = {
        "vectorizer.joblib": _dumped(ingredients.vectorizer),
        "classifier.joblib": _dumped(ingredients.classifier),
    }
    try:
        return {**files, SCORER: _compiled(ingredients)}, ""
    except NotCompilable as error:
        return files, str(error)


def _compiled(ingredients: Ingredients) -> bytes:
    """scorer.json, held against scikit-learn on the probe. Raises NotCompilable."""
    import orjson

    from server_image.scorer import Scorer

    content = orjson.dumps(compile_model(ingredients.vectorizer, ingredients.classifier, ingredients.labels))
    check_compiled(Scorer.from_json(content), ingredients.vectorizer, ingredients.classifier, ingredients.probe)
    return content


def _probability(ingredients: Ingredients) -> str:
    """Whether scores are the classifier's own probabilities, or only keep the order of its margins."""
    model = ingredients.pipeline if ingredients.classifier is None else ingredients.classifier
    return "predict_proba" if hasattr(model, "predict_proba") else "margin"


def _dumped(value: Any) -> bytes:
    """The pickle of `value`, the same bytes for the same model."""
    import joblib

    buffer = io.BytesIO()
    joblib.dump(_lasting(value), buffer)
    return buffer.getvalue()


def _lasting(value: Any) -> Any:
    """`value`, or a copy without the address in memory by which scikit-learn remembers that it warned about stop words;
    it differs in every run."""
    if hasattr(value, "_stop_words_id"):
        value = copy(value)
        del value._stop_words_id
    elif hasattr(value, "steps"):
        value = copy(value)
        value.steps = [(name, _lasting(step)) for name, step in value.steps]
    return value


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in LIBRARIES}
