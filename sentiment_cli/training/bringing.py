"""Brings a model that was fitted elsewhere: nothing of its file is opened here before it passed in another process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentiment_cli.artifacts import Ingredients
from sentiment_cli.compiling import NotCompilable, compile_model
from sentiment_cli.dataset.labels import resolve
from sentiment_cli.errors import InputError
from sentiment_cli.events import Emit, Note, ignore
from sentiment_cli.training.opening import TEXTS, opened

_CHECK = "import sentiment_cli.training.opening as _; _.report()"
_SECONDS = 300
_TERMS_PROBED = 4000
_TERMS_TOGETHER = 8


def bring(path: Path, emit: Emit = ignore) -> Ingredients:
    """What an artifact needs of the model in the joblib file at `path`: a fitted Pipeline, or a vectorizer and a
    classifier in a tuple, list or dict. Opening such a file runs the code in it: ask first.

    Raises InputError if it is no model that takes texts, or cannot be opened or served without what it was made with.
    """
    found = _checked(path)
    _compare_versions(path, found["made_with"], emit)
    names = _names(found["classes"])
    model = opened(path)
    vectorizer, classifier = _taken_apart(model)
    if not _compiles(vectorizer, classifier, names):
        _refuse_modules(path, found["modules"])
    return Ingredients(
        labels=names,
        probe=_probe(vectorizer),
        golden=_golden(model, names),
        vectorizer=vectorizer,
        classifier=classifier,
        pipeline=None if vectorizer is not None else model,
    )


def _checked(path: Path) -> dict[str, Any]:
    """What the process that opened the file found."""
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "", "Name the joblib file of a fitted model.", code="no-file")
    command = [sys.executable, "-I", "-c", _CHECK, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _bad(
            path,
            f"Opening it and a handful of predictions took more than {_SECONDS} s.",
            "Save a smaller model.",
            "slow",
        ) from None
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        why = f"The process that opened it ended with exit code {done.returncode}. {' '.join(last)}".strip()
        raise _bad(path, why, "Save the model again with the versions installed here.", "crashed") from None
    if "error" in found:
        what, why, fix, code = found["error"]
        raise InputError(f"Cannot use {path}. {what}", why, fix, code=code)
    return found


def _compare_versions(path: Path, made_with: Sequence[str], emit: Emit) -> None:
    """A patch release apart is told, more is refused: scikit-learn may answer differently without an error."""
    import sklearn

    here = sklearn.__version__
    for version in made_with:
        if version.split(".")[:2] != here.split(".")[:2]:
            raise _bad(
                path,
                f"It was saved with scikit-learn {version}, here is {here}; answers may differ, or fail.",
                f"Fit and save it with scikit-learn {here}, or install scikit-learn=={version} beside sentiment-cli.",
                "other-version",
            )
        emit(Note(f"The model was saved with scikit-learn {version}; it is served with {here}.", "warning"))


def _names(classes: Sequence[str]) -> tuple[str, ...]:
    """Names by the rule that labels in a file of rows go by: 0/1 and the like read Negative/Positive."""
    found = resolve(dict.fromkeys(classes, 1), None, None)
    names = tuple(found.names[found.index[value]] for value in classes)
    return names if len(set(names)) == len(classes) else tuple(classes)


def _taken_apart(model: Any) -> tuple[Any, Any]:
    """(vectorizer, classifier), or (None, None) for a model that is not a vectorizer before a classifier."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.pipeline import Pipeline

    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else []
    match steps:
        case [CountVectorizer() as vectorizer, classifier]:
            return vectorizer, classifier
        case [CountVectorizer(), TfidfTransformer(), classifier]:
            return model[:-1], classifier
    return None, None


def _compiles(vectorizer: Any, classifier: Any, names: Sequence[str]) -> bool:
    if vectorizer is None:
        return False
    try:
        compile_model(vectorizer, classifier, names)
    except NotCompilable:
        return False
    return True


def _refuse_modules(path: Path, modules: Sequence[str]) -> None:
    if modules:
        raise _bad(
            path,
            f"It needs {', '.join(modules)}, which the server does not have: it is made of scikit-learn alone.",
            "Use scikit-learn's own parts instead, fit it and save it again.",
            "needs-package",
        )


def _probe(vectorizer: Any) -> list[str]:
    """Texts made of the vectorizer's own terms, so that many weights are compared; its rows are not at hand."""
    if vectorizer is None:
        return list(TEXTS)
    terms = vectorizer.get_feature_names_out().tolist()
    terms = terms[:: max(1, len(terms) // _TERMS_PROBED)]
    together = (terms[i : i + _TERMS_TOGETHER] for i in range(0, len(terms), _TERMS_TOGETHER))
    return [*TEXTS, *map(" ".join, together)]


def _golden(model: Any, names: Sequence[str]) -> list[tuple[str, str, float]]:
    """Answers to a few texts; none for a model without probabilities of its own, as those are the server's to make."""
    if not hasattr(model, "predict_proba"):
        return []
    rows = model.predict_proba(list(TEXTS)).tolist()
    return [(text, names[row.index(max(row))], max(row)) for text, row in zip(TEXTS, rows, strict=True)]


def _bad(path: Path, why: str, fix: str, code: str) -> InputError:
    return InputError(f"Cannot use {path}.", why, fix, code=code)
