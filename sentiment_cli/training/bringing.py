"""Brings a model that was fitted elsewhere: nothing of its file is opened here before it passed in another process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from sentiment_cli.artifacts import Ingredients
from sentiment_cli.compiling import NotCompilable, check_compiled, compile_model
from sentiment_cli.dataset.labels import resolve
from sentiment_cli.errors import InputError
from sentiment_cli.events import Emit, Note, ignore
from sentiment_cli.golden import TEXTS
from sentiment_cli.training.opening import opened, to_stderr

_CHECK = "import sentiment_cli.training.opening as _; _.report()"
_SECONDS = 300
_TERMS_PROBED = 4000
_TERMS_TOGETHER = 8
_OTHERWISE = (
    "The model has a threshold of its own: for some texts its `predict` chooses another label than the most probable "
    "one, which is what the server answers."
)


def bring(path: Path, emit: Emit = ignore) -> Ingredients:
    """What an artifact needs of the model in the joblib file at `path`: a fitted Pipeline, or a vectorizer and a
    classifier in a tuple, list or dict. Opening such a file runs the code in it: ask first.

    Raises InputError if it is no model that takes texts, or cannot be opened or served without what it was made with.
    """
    found = _checked(path, emit)
    names = _names(found["classes"])
    with to_stderr():
        model = opened(path)
        vectorizer, classifier = _taken_apart(model)
        brought = Ingredients(
            labels=names,
            probe=_probe(vectorizer),
            golden=_golden(model, names),
            vectorizer=vectorizer,
            classifier=classifier,
            pipeline=None if vectorizer is not None else model,
        )
        chooses_otherwise = _chooses_otherwise(model, brought.probe)
    if found["needs"] and not _compiles(brought):
        raise _needs(path, found["needs"])
    if chooses_otherwise:
        emit(Note(_OTHERWISE, "warning"))
    return brought


def _checked(path: Path, emit: Emit) -> dict[str, Any]:
    """What the process that opened the file found. Raises InputError for a model that cannot be served."""
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "", "Name the joblib file of a fitted model.", code="no-file")
    found = _asked(path)
    _compare_versions(path, found["made_with"], emit)
    if "error" in found:
        what, why, fix, code = found["error"]
        raise InputError(f"Cannot use {path}. {what}", why, fix, code=code)
    return found


def _asked(path: Path) -> dict[str, Any]:
    # -P: no module of the current folder, as the server sees none. Files in place of pipes, for what the model's code
    # may have started holds a pipe open after the process itself has ended.
    command = [sys.executable, "-P", "-c", _CHECK, str(path.absolute())]
    with TemporaryFile() as answer, TemporaryFile() as told:
        try:
            done = subprocess.run(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=answer, stderr=told, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            why = f"Opening it and a handful of predictions took more than {_SECONDS:g} s."
            raise _bad(path, why, "Save a smaller model.", "slow") from None
        answer.seek(0)
        told.seek(0)
        try:
            return dict(json.load(answer))
        except ValueError:
            last = told.read().decode(errors="replace").strip().splitlines()[-1:]
    why = f"The process that opened it ended with exit code {done.returncode}. {' '.join(last)}".strip()
    raise _bad(path, why, "Save the model again with the versions installed here.", "crashed")


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
    """Words stay as they are. Numbers are read as labels in a file of rows are: 0/1 and the like are
    Negative/Positive."""
    if not all(map(_is_number, classes)):
        return tuple(classes)
    found = resolve(dict.fromkeys(classes, 1), None, None)
    return tuple(found.names[found.index[value]] for value in classes)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


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


def _compiles(brought: Ingredients) -> bool:
    import orjson

    from server_image.scorer import Scorer

    if brought.vectorizer is None:
        return False
    try:
        compiled = compile_model(brought.vectorizer, brought.classifier, brought.labels)
        scorer = Scorer.from_json(orjson.dumps(compiled))
        check_compiled(scorer, brought.vectorizer, brought.classifier, brought.probe)
    except NotCompilable:
        return False
    return True


def _chooses_otherwise(model: Any, texts: Sequence[str]) -> bool:
    """Whether the label that `predict` gives is not always the most probable one."""
    if not hasattr(model, "predict_proba"):
        return False
    best = model.classes_[model.predict_proba(list(texts)).argmax(axis=1)]
    return bool((model.predict(list(texts)) != best).any())


def _needs(path: Path, packages: Sequence[str]) -> InputError:
    return _bad(
        path,
        f"It needs {', '.join(packages)}, which the server does not have: it is made of scikit-learn alone.",
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
