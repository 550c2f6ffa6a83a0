"""What a joblib file holds, as one model that takes texts, or why it cannot be served; runs code from the file.

Meant for a clean interpreter (`python -P -c "import sentiment_cli.training.opening as _; _.report()" FILE`), as the
server is one: what was defined in the script or notebook that saved the model is not there. The answer, JSON, goes to
where standard output was; whatever the file's own code prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from sentiment_cli.golden import TEXTS

_SAVE_BOTH = "Save a fitted scikit-learn Pipeline, or (vectorizer, classifier), with joblib.dump."
# What the server's image with scikit-learn holds that a model may use; sentiment_cli for this very check.
_SERVED_WITH = frozenset({
    "cloudpickle", "joblib", "narwhals", "numpy", "scipy", "sentiment_cli", "sklearn", "threadpoolctl",
})  # fmt: skip


class Unfit(Exception):
    """The model cannot be served; `args` are what, why, fix and code."""


class _OnlyServed(MetaPathFinder):
    """Hides every package that the server does not have; `refused` are those that were asked for."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:  # noqa: ARG002
        package = name.partition(".")[0]
        if package in _SERVED_WITH or package in sys.stdlib_module_names:
            return
        self.refused.add(package)
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def report() -> None:
    """Answer for the file that the first argument names. The exit code is 0 however the checks went."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer, to_stderr():
        json.dump(check(Path(sys.argv[1])), answer)
    os._exit(0)  # a thread that the file began may never end


@contextmanager
def to_stderr() -> Iterator[None]:
    """Whatever is written to standard output meanwhile, by whatever code, goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def check(path: Path) -> dict[str, Any]:
    """`classes` (as text, in order), or an `error` (what, why, fix, code); beside it `made_with`, other versions of
    scikit-learn that the file speaks of, and `needs`, packages that it cannot do without and the server does not have.
    """
    import sklearn.linear_model  # noqa: F401  # before other packages are hidden

    only_served = _OnlyServed()
    sys.meta_path.insert(0, only_served)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found, needs = _tried(path), []
        sys.meta_path.remove(only_served)
        if "error" in found and only_served.refused:
            found, needs = _tried(path), sorted(only_served.refused)
    versions = {getattr(each.message, "original_sklearn_version", None) for each in told} - {None}
    return {**found, "made_with": sorted(versions), "needs": needs}


def assembled(saved: Any) -> Any:
    """One model, of a pipeline, a search over pipelines, or (in a tuple, list or dict) one of these or a vectorizer and
    a classifier.

    Raises Unfit for anything else.
    """
    from sklearn.base import is_classifier
    from sklearn.pipeline import make_pipeline

    if isinstance(saved, (dict, list, tuple)):
        parts = list(saved.values()) if isinstance(saved, dict) else list(saved)
        classifiers = [part for part in parts if hasattr(part, "predict") and is_classifier(part)]
        vectorizers = [part for part in parts if hasattr(part, "transform") and not is_classifier(part)]
        if len(vectorizers) > 1 or len(classifiers) != 1:
            held = ", ".join(type(part).__name__ for part in parts) or "nothing"
            raise _no_model(f"It holds {held}, not one vectorizer and one classifier.")
        saved = make_pipeline(*vectorizers, *classifiers) if vectorizers else classifiers[0]
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
        raise _missing(error) from None
    except AttributeError as error:
        raise _unknown_name(str(error)) from None
    except Exception as error:
        raise Unfit(
            "The file cannot be opened.",
            f"joblib says: {type(error).__name__}: {error}.",
            f"{_SAVE_BOTH} If it is whole, install the scikit-learn and joblib that it was saved with.",
            "not-joblib",
        ) from None


def _missing(error: ModuleNotFoundError) -> Unfit:
    name = error.name or ""
    if name.partition(".")[0] in _SERVED_WITH:
        return _other_versions(str(error))
    return Unfit(
        "The model needs a module that is not installed.",
        f"It asks for {name}.",
        f"Save the model without {name}: the server has scikit-learn alone. Installing {name} here is enough for a "
        "TF-IDF or count vectorizer with a linear classifier.",
        "missing-module",
    )


def _unknown_name(message: str) -> Unfit:
    if "__main__" in message or "__mp_main__" in message:
        return Unfit(
            "The model was saved from a script or notebook that defines part of it.",
            f"Python says: {message}. The file holds only the name of that function or class, not its code.",
            "Use scikit-learn's own options instead of that function (`token_pattern`, `stop_words`, `strip_accents`), "
            "fit the model and save it again.",
            "main-attribute",
        )
    return _other_versions(message)


def _other_versions(message: str) -> Unfit:
    return Unfit(
        "The model was saved with other versions of its libraries.",
        f"Python says: {message}.",
        "Save it again with the versions installed here, or install those it was saved with.",
        "other-version",
    )


def _tried(path: Path) -> dict[str, Any]:
    try:
        model = assembled(_loaded(path))
        _answer(model)
        # True and False read as the 1 and 0 that they are.
        return {"classes": [str(int(each) if isinstance(each, bool) else each) for each in model.classes_.tolist()]}
    except Unfit as error:
        return {"error": list(error.args)}


def _answer(model: Any) -> None:
    """Have `model` answer. Raises Unfit."""
    from sklearn.exceptions import NotFittedError

    try:
        predicted = model.predict(list(TEXTS))
        scores = model.predict_proba(list(TEXTS)) if hasattr(model, "predict_proba") else None
        scores = model.decision_function(list(TEXTS)) if scores is None else scores
        classes = len(model.classes_)
    except NotFittedError as error:
        raise Unfit("The model is not fitted.", f"{error}", "Call fit before you save it.", "not-fitted") from None
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    except Exception as error:
        raise _takes_no_texts(model, error) from None
    _check_answers(predicted, scores, classes)


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


def _last(model: Any) -> str:
    steps = getattr(model, "steps", None)
    return type(steps[-1][1] if steps else model).__name__


def _no_model(why: str) -> Unfit:
    return Unfit("The file holds no text classifier.", why, _SAVE_BOTH, "no-classifier")
