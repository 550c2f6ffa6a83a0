"""The labelled rows to train on: flags over sentiment.toml over looking, and a question where none of them says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_cli import scaffold
from sentiment_cli.data_questions import SAMPLE, SAMPLE_FILE, SENTIMENT140, data_questions
from sentiment_cli.errors import InputError
from sentiment_cli.events import Emit
from sentiment_cli.project import FILE_NAME, Project
from sentiment_cli.questions import Answer, Answers, Prompter, put_to

if TYPE_CHECKING:
    from sentiment_cli.dataset import Dataset

KEYS = ("path", "format", "text_column", "label_column", "positive", "negative", "limit")


@dataclass(frozen=True)
class Rows:
    """A file and how to read it; what is None is found by looking."""

    path: Path
    format: str | None
    text_column: str | None
    label_column: str | None
    positive: str | None
    negative: str | None
    limit: int | None
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where those of its values that somebody said came from: "text_column" -> "flag"."""

    def read(self, seed: int, emit: Emit) -> Dataset:
        """Every row, checked. Raises InputError when they cannot be trained on."""
        from sentiment_cli.dataset import read

        return read(
            self.path,
            format=self.format,
            text_column=self.text_column,
            label_column=self.label_column,
            positive=self.positive,
            negative=self.negative,
            limit=self.limit,
            seed=seed,
            sources=self.sources,
            emit=emit,
        )


def rows_of(project: Project, directory: Path, given: Mapping[str, Answer], ask: Prompter | None, emit: Emit) -> Rows:
    """What to train on, `given` by key ("data.path") over the project's own; the rest is asked if there is somebody.

    Fetches Sentiment140 where that is what is named. Raises InputError for a file that cannot be used.
    """
    answers = _answers(project, given)
    path = _path(answers, directory, emit)
    if path is None:
        raise _no_data(directory)
    answers["data.path"] = Answer(str(path), "flag")
    if ask is not None:
        _ask_what_is_unclear(answers, directory, ask)
    values = {key: answers.value(f"data.{key}") for key in KEYS}
    texts = {key: str(value) if value not in (None, "") else None for key, value in values.items()}
    return Rows(
        path=path,
        format=texts["format"],
        text_column=texts["text_column"],
        label_column=texts["label_column"],
        positive=texts["positive"],
        negative=texts["negative"],
        limit=values["limit"],
        sources={key: answers[f"data.{key}"].source for key, text in texts.items() if text is not None},
    )


def _answers(project: Project, given: Mapping[str, Answer]) -> Answers:
    """Flags over the file; columns and labels in the file belong to the file's own data, not to data named by flag."""
    answers = Answers()
    other_data = "data.path" in given
    for key in KEYS:
        filed: Any = getattr(project.data, key)
        if filed is not None and (key == "path" or not other_data):
            answers[f"data.{key}"] = Answer(filed, "sentiment.toml")
    answers.update(given)
    return answers


def _path(answers: Answers, directory: Path, emit: Emit) -> Path | None:
    answer = answers["data.path"]
    if answer.value == SENTIMENT140:
        from sentiment_cli.dataset import fetch_sentiment140

        return fetch_sentiment140(emit)
    if answer.value == SAMPLE:
        return scaffold.templates() / "project" / SAMPLE_FILE
    path = Path(str(answer.value)).expanduser()
    if answer.source == "sentiment.toml":
        path = directory / path
        return path if path.exists() or (directory / FILE_NAME).exists() else None
    return path


def _no_data(directory: Path) -> InputError:
    return InputError(
        "There is no data to train on.",
        f"{directory.resolve()} is not a project, and no file was named.",
        "Run `sentiment-cli init`, or name a file: `sentiment-cli train tweets.csv` (--data sample: the bundled one).",
        code="no-data",
    )


def _ask_what_is_unclear(answers: Answers, directory: Path, ask: Prompter) -> None:
    """Put the questions that looking leaves open, and no others."""
    for question in data_questions(directory)[1:]:
        if not question.text or question.key in answers or not question.when(answers):
            continue
        guess = question.default(answers)
        if guess is None and question.asked(answers):
            answers[question.key] = Answer(put_to(ask, question, None, answers), "answer")
