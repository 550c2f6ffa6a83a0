"""What a joblib file holds, as one model that takes texts, or why it cannot be served; runs code from the file.

Meant for a clean interpreter (`python -I -c "import sentiment_cli.training.opening as _; _.report()" FILE`), as the
server is one: what was defined in the script or notebook that saved the model is not there. The answer, JSON, goes to
where standard output was; whatever the file's own code prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

TEXTS = ("Today was a great day!", "I hate waiting, this is so annoying :(", "not bad at all", "ok", "")
_SAVE_BOTH = "Save a fitted scikit-learn Pipeline, or (vectorizer, classifier), with joblib.dump."
# What the server's image with scikit-learn holds.
_SERVED_WITH = frozenset({"sklearn", "numpy", "scipy", "joblib", "threadpoolctl", "server_image", "sentiment_cli"})


class Unfit(Exception):
    """The model cannot be served; `args` are what, why, fix and code."""


def report() -> None:
    """Answer for the file that the first argument names. The exit code is 0 however the checks went."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        found = check(Path(sys.argv[1]))
    except Unfit as error:
        found = {"error": list(error.args)}
    json.dump(found, answer)
    answer.close()


def check(path: Path) -> dict[str, Any]:
    """`classes` (as text, in order), `made_with` (versions of scikit-learn other than the one here) and `modules` (what
    has to be installed beyond scikit-learn). Raises Unfit."""
    import sklearn.linear_model  # noqa: F401  # what is loaded after this is loaded for the model

    before = set(sys.modules)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        classes = _classes(_tried(assembled(_loaded(path))))
    versions = {getattr(each.message, "original_sklearn_version", None) for each in told} - {None}
    return {"classes": classes, "made_with": sorted(versions), "modules": _packages(set(sys.modules) - before)}


def assembled(saved: Any) -> Any:
    """One model, of a pipeline, a search over pipelines, or a vectorizer and a classifier in a tuple, list or dict.

    Raises Unfit for anything else.
    """
    from sklearn.base import is_classifier
    from sklearn.pipeline import make_pipeline

    if isinstance(saved, (dict, list, tuple)):
        parts = list(saved.values()) if isinstance(saved, dict) else list(saved)
        vectorizers = [part for part in parts if hasattr(part, "transform") and not is_classifier(part)]
        classifiers = [part for part in parts if hasattr(part, "predict") and part not in vectorizers]
        if len(vectorizers) != 1 or len(classifiers) != 1:
            held = ", ".join(type(part).__name__ for part in parts) or "nothing"
            raise _no_model(f"It holds {held}, not one vectorizer and one classifier.")
        saved = make_pipeline(vectorizers[0], classifiers[0])
    model = getattr(saved, "best_estimator_", saved)
    if not hasattr(model, "predict"):
        raise _no_model(f"It holds a {type(model).__name__}, which predicts nothing.")
    if not is_classifier(model):
        raise _no_model(f"{_last(model)} is not a classifier: it predicts something other than labels.")
    return model


def opened(path: Path) -> Any:
    """The model in the file at `path`, without the checks. Raises Unfit if it cannot even be opened."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return assembled(_loaded(path))


def _loaded(path: Path) -> Any:
    import joblib

    try:
        return joblib.load(path)
    except ModuleNotFoundError as error:
        raise Unfit(
            "The model needs a module that is not installed.",
            f"Opening it asks for {error.name}.",
            f"Install {error.name} beside sentiment-cli, if it is a package; a module of your own cannot be served, so "
            "save the model without it.",
            "missing-module",
        ) from None
    except AttributeError as error:
        raise _unknown_name(str(error)) from None
    except Exception as error:
        raise Unfit(
            "The file cannot be opened.",
            f"joblib says: {type(error).__name__}: {error}.",
            f"{_SAVE_BOTH} If it is whole, install the scikit-learn and joblib that it was saved with.",
            "not-joblib",
        ) from None


def _unknown_name(message: str) -> Unfit:
    if "__main__" in message or "__mp_main__" in message:
        return Unfit(
            "The model was saved from a script or notebook that defines part of it.",
            f"Python says: {message}. The file holds only the name of that function or class, not its code.",
            "Use scikit-learn's own options instead of that function (`token_pattern`, `stop_words`, `strip_accents`), "
            "fit the model and save it again.",
            "main-attribute",
        )
    return Unfit(
        "The model was saved with other versions of its libraries.",
        f"Python says: {message}.",
        "Save it again with the versions installed here, or install those it was saved with.",
        "other-version",
    )


def _tried(model: Any) -> Any:
    """`model`, once it has answered. Raises Unfit."""
    from sklearn.exceptions import NotFittedError

    try:
        predicted = model.predict(list(TEXTS))
        scores = model.predict_proba(list(TEXTS)) if hasattr(model, "predict_proba") else None
        scores = model.decision_function(list(TEXTS)) if scores is None else scores
    except NotFittedError as error:
        raise Unfit("The model is not fitted.", f"{error}", "Call fit before you save it.", "not-fitted") from None
    except Exception as error:
        raise _takes_no_texts(model, error) from None
    _check_answers(predicted, scores, len(model.classes_))
    return model


def _takes_no_texts(model: Any, error: Exception) -> Unfit:
    if isinstance(error, AttributeError) and "decision_function" in str(error):
        return Unfit(
            "The model gives no probabilities.",
            f"{_last(model)} has neither predict_proba nor decision_function.",
            "Use a classifier that has one, or wrap yours in CalibratedClassifierCV.",
            "no-probabilities",
        )
    return Unfit(
        "The model does not take texts.",
        f"Given a list of texts, {_last(model)} says: {type(error).__name__}: {error}",
        f"{_SAVE_BOTH} The vectorizer has to be in the file, and read plain texts (no columns, no arrays).",
        "no-texts",
    )


def _check_answers(predicted: Any, scores: Any, classes: int) -> None:
    import numpy as np

    if np.shape(predicted) != (len(TEXTS),) or classes < 2:
        raise Unfit(
            "The model does not choose one of two or more labels.",
            f"For {len(TEXTS)} texts it gives answers of the shape {np.shape(predicted)}, of {classes} labels.",
            "Bring a model that gives each text one label.",
            "not-one-label",
        )
    if not np.isfinite(np.asarray(scores, dtype=float)).all():
        raise Unfit(
            "The model's scores are not numbers.",
            "Some are infinite or undefined (NaN).",
            "Look at the data it was fitted on, and fit it again.",
            "not-finite",
        )


def _classes(model: Any) -> list[str]:
    return [str(value) for value in model.classes_.tolist()]


def _packages(modules: set[str]) -> list[str]:
    """Top-level packages of `modules` that neither Python nor the server's image has."""
    real = {
        name.partition(".")[0]
        for name in modules
        if getattr(getattr(sys.modules[name], "__spec__", None), "origin", None)
    }
    return sorted(real - _SERVED_WITH - sys.stdlib_module_names)


def _last(model: Any) -> str:
    steps = getattr(model, "steps", None)
    return type(steps[-1][1] if steps else model).__name__


def _no_model(why: str) -> Unfit:
    return Unfit("The file holds no text classifier.", why, _SAVE_BOTH, "no-classifier")
