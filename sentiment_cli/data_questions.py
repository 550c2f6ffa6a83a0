"""The questions about labelled rows: which file, which columns, which label is the positive one."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_cli.errors import SentimentError
from sentiment_cli.questions import Answers, Choice, Question

if TYPE_CHECKING:
    from sentiment_cli.dataset import Preview

SAMPLE, SENTIMENT140 = "sample", "sentiment140"
SAMPLE_FILE = Path("data/tweets.csv")  # where a project keeps its copy of the sample
A_FILE = "a file of your own (--data FILE)"
KEEP_NAMES = ""  # no positive label: the classes keep their own names


def data_questions(directory: Path) -> tuple[Question, ...]:
    """What to settle about the data of the project in `directory`."""
    file = partial(_is_file, directory)
    return (
        Question(
            key="data.path",
            flag="--data",
            text="Labelled texts to learn from",
            suggestion=lambda answers: SAMPLE,
            choices=_sources,
            another="A file of mine",
            another_is_path=True,
            problem=partial(_source_problem, directory),
            required=True,
        ),
        Question(
            key="data.text_column",
            flag="--text-column",
            text="Which column holds the texts?",
            default=lambda answers: _preview(directory, answers).text_column,
            default_source="found by looking",
            choices=partial(_columns, directory),
            problem=partial(_column_problem, directory),
            when=file,
            goes_with=A_FILE,
        ),
        Question(
            key="data.label_column",
            flag="--label-column",
            text="Which column holds the labels?",
            default=lambda answers: _preview(directory, answers).label_column,
            default_source="found by looking",
            choices=partial(_columns, directory),
            problem=partial(_column_problem, directory),
            when=file,
            goes_with=A_FILE,
        ),
        Question(
            key="data.positive",
            flag="--positive",
            text="Which label means positive?",
            default=lambda answers: None,
            choices=partial(_labels, directory),
            when=file,
            asked=partial(_labels_need_telling, directory),
            goes_with=A_FILE,
        ),
        Question(key="data.negative", flag="--negative", when=file, goes_with=A_FILE),
    )


def data_path(directory: Path, answers: Answers) -> Path:
    """The file that is meant: what is typed is relative to where the user stands, what is filed to the project."""
    answer = answers["data.path"]
    path = Path(str(answer.value)).expanduser()
    return directory / path if answer.source == "sentiment.toml" else path


def _is_file(directory: Path, answers: Answers) -> bool:
    value = answers.value("data.path")
    known = (None, SAMPLE, SENTIMENT140, SAMPLE_FILE.as_posix())
    return value not in known and data_path(directory, answers).is_file()


def _sources(_: Answers) -> list[Choice]:
    return [
        Choice(SAMPLE, "The bundled sample", "some thousand tweets, to try things out"),
        Choice(SENTIMENT140, "Sentiment140", "1,600,000 tweets; an 81 MB download when you train"),
    ]


def _source_problem(directory: Path, value: Any, answers: Answers) -> str | None:
    if value in (SAMPLE, SENTIMENT140):
        return None
    path = Path(str(value)).expanduser()
    filed = directory / path
    try:
        _look(filed if not path.exists() and filed.exists() else path, None, None)
    except SentimentError as error:
        return f"{error.what} {error.why} {error.fix}".strip()
    return None


def _columns(directory: Path, answers: Answers) -> list[Choice]:
    return [
        Choice(column.name, column.name, " · ".join(_short(example) for example in column.examples))
        for column in _preview(directory, answers).columns
    ]


def _column_problem(directory: Path, value: Any, answers: Answers) -> str | None:
    names = [column.name for column in _preview(directory, answers).columns]
    if str(value) in names or (str(value).isdecimal() and 1 <= int(value) <= len(names)):
        return None
    return f"there is no such column; there are {', '.join(names)}"


def _labels(directory: Path, answers: Answers) -> list[Choice]:
    told = [
        Choice(label.value, label.value, " · ".join(f"“{_short(text)}”" for text in label.examples))
        for label in _preview(directory, answers).label_values
    ]
    return [*told, Choice(KEEP_NAMES, "Neither: keep these names")]


def _labels_need_telling(directory: Path, answers: Answers) -> bool:
    preview = _preview(directory, answers)
    return len(preview.label_values) == 2 and not preview.positive


def _preview(directory: Path, answers: Answers) -> Preview:
    text, label = answers.value("data.text_column"), answers.value("data.label_column")
    return _look(data_path(directory, answers), str(text) if text else None, str(label) if label else None)


@cache
def _look(path: Path, text_column: str | None, label_column: str | None) -> Preview:
    from sentiment_cli.dataset import look

    return look(path, text_column=text_column, label_column=label_column)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
