"""Small models as artifacts, and servers that no test leaves running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from sentiment_cli import artifacts, local_server
from sentiment_cli.events import Event
from sentiment_cli.local_server import Running
from server_image import artifact

LABELS = ("Negative", "Positive")
GOOD = ("what a great day", "i love this so much", "best coffee ever :)", "so happy, thank you! ❤️", "great great great")
BAD = ("what an awful day", "i hate this so much", "worst coffee ever :(", "so sad, no thank you", "bad bad bad 👎")
TEXTS = [
    *GOOD,
    *BAD,
    "",
    "   ",
    "great but awful",
    "I'M SO HAPPY!!!",
    "naïve café",
    "日本語 great",
    "¯\\_(ツ)_/¯",
    "a" * 500,
]


@dataclass(frozen=True)
class Model:
    """A fitted pipeline and its artifact."""

    pipeline: Pipeline
    path: Path

    def answers(self) -> list[tuple[str, float]]:
        """What scikit-learn itself says to TEXTS."""
        rows = self.pipeline.predict_proba(TEXTS)
        return [(LABELS[row.argmax()], float(row.max())) for row in rows]


def make(folder: Path, *, compiled: bool) -> Model:
    """Fit and write."""
    pipeline = make_pipeline(TfidfVectorizer(token_pattern=r"\w+|[^\w\s]"), LogisticRegression(C=10.0))
    pipeline.fit([*GOOD, *BAD], [1] * len(GOOD) + [0] * len(BAD))
    golden = [(text, LABELS[row.argmax()], float(row.max()))
              for text, row in zip(GOOD, pipeline.predict_proba(GOOD), strict=True)]  # fmt: skip
    parts = {"vectorizer": pipeline[0], "classifier": pipeline[1]} if compiled else {"pipeline": pipeline}
    written = artifacts.write(
        artifacts.Ingredients(labels=LABELS, probe=TEXTS, golden=golden, **parts), folder / "model.tar.gz"
    )
    assert written.compiled is compiled
    return Model(pipeline, written.path)


def remade(model: Model, folder: Path, **manifest: Any) -> Path:
    """An artifact like that of `model`, sound in itself, with other things in its manifest."""
    artifact.unpack(model.path, folder / "unpacked")
    known = artifact.verify(folder / "unpacked")
    content = {name: (folder / "unpacked" / name).read_bytes() for name in known["files"]}
    artifact.pack(folder / "other.tar.gz", content, {**known, **manifest})
    return folder / "other.tar.gz"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return make(tmp_path_factory.mktemp("compiled"), compiled=True)


@pytest.fixture(scope="session")
def pickled(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return make(tmp_path_factory.mktemp("pickled"), compiled=False)


class Project:
    """A project's folder, where servers are started and what they say is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[Event] = []

    def start(self, model: Model | Path, engine: str = "process", port: int = 0, **options: Any) -> Running:
        path = model.path if isinstance(model, Model) else model
        return local_server.start(engine, path, port, 2, self.said.append, project_dir=self.folder, **options)

    def left(self) -> set[str]:
        """Names of the files that the local server left."""
        return {path.name for path in (self.folder / ".sentiment/local").glob("*")}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    local_server.stop(tmp_path)
