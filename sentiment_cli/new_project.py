"""The files of a new project: what would be written, what is kept, and the writing; nothing is lost silently."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_cli import project, scaffold
from sentiment_cli.data_questions import KEEP_NAMES, SAMPLE, SAMPLE_FILE, SENTIMENT140, data_path
from sentiment_cli.files import write_atomically
from sentiment_cli.misfit import EVERY_KEY
from sentiment_cli.questions import Answers

LABELS = ("data.positive", "data.negative")


@dataclass(frozen=True)
class Existing:
    """A sentiment.toml that is there already: its text, and its values by dotted key. Both empty for a new project."""

    text: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """What `write` will do. `overwrites` are files that exist and would change."""

    directory: Path
    contents: dict[Path, bytes]
    kept: list[Path]
    overwrites: list[str]
    note: str = ""
    """What to know of what is written."""

    @property
    def written(self) -> list[Path]:
        return list(self.contents)

    @property
    def overview(self) -> list[str]:
        """A line for each file or folder: + new, ~ changed, = kept as it is."""
        count: Counter[str] = Counter()
        for path in self.contents:
            count[("~ " if str(path) in self.overwrites else "+ ") + path.parts[0]] += 1
        lines = [
            key if number == 1 and "." in key else f"{key}/ ({number} file{'s' if number > 1 else ''})"
            for key, number in count.items()
        ]
        return lines + [f"= {path} (there already, kept; --force writes over it)" for path in self.kept]

    @property
    def is_empty(self) -> bool:
        return not self.contents


def existing(directory: Path) -> Existing:
    """Read the project that is in `directory`. Raises InputError for a file that cannot be understood."""
    path = directory / project.FILE_NAME
    if not path.exists():
        return Existing("", {})
    project.load(directory)  # a broken file is refused before anything is asked
    text = path.read_text(encoding="utf-8-sig")
    return Existing(text, dict(_flat(tomllib.loads(text))))


def agreeing(answers: Answers) -> Answers:
    """The answers without what the file says of the negative label, where no label is the positive one any more."""
    positive, negative = LABELS
    if answers.value(positive) != KEEP_NAMES or negative not in answers or answers[negative].source != "sentiment.toml":
        return answers
    return Answers({key: answer for key, answer in answers.items() if key != negative})


def draft(directory: Path, found: Existing, answers: Answers, *, force: bool) -> Draft:
    """Say what to write into `directory` for `answers`; files that are there are kept unless `force`.

    Raises InputError when `directory` is not a folder.
    """
    settings = _settings(directory, found, answers)
    wanted = {Path(project.FILE_NAME): settings.encode(), **_files(answers, project.parse(tomllib.loads(settings)))}
    contents: dict[Path, bytes] = {}
    kept, overwrites = [], []
    for path, content in wanted.items():
        target = directory / path
        if not target.exists():
            contents[path] = content
        elif target.read_bytes() != content:
            if path.name == project.FILE_NAME or force:
                contents[path] = content
                overwrites.append(str(path))
            else:
                kept.append(path)
    return Draft(directory, contents, kept, overwrites, _elsewhere(directory, answers))


def write(drafted: Draft) -> None:
    """Write the files, sentiment.toml last: a folder that has one is complete."""
    for path in sorted(drafted.contents, key=lambda path: path.name == project.FILE_NAME):
        write_atomically(drafted.directory / path, drafted.contents[path])


def _files(answers: Answers, parsed: project.Project) -> dict[Path, bytes]:
    wanted = {Path("api") / path: content for path, content in _api(parsed)}
    for path, content in scaffold.tree("project"):
        if path != SAMPLE_FILE or answers.value("data.path") == SAMPLE:
            wanted[path] = content
    return wanted


def _api(parsed: project.Project) -> Iterator[tuple[Path, bytes]]:
    return scaffold.tree("api", name=parsed.name, auth=parsed.api.auth, region=parsed.aws.region or "*")


def _settings(directory: Path, found: Existing, answers: Answers) -> str:
    """The text of sentiment.toml; raises msgspec.ValidationError for values that cannot stand in it."""
    values = {key: answer.value for key, answer in answers.items() if answer.value != KEEP_NAMES}
    values["data.path"] = _filed_path(directory, answers)
    if found.text:
        changed = {key: value for key, value in values.items() if found.values.get(key) != value}
        # A default that the file leaves out stays out.
        said = {key: value for key, value in changed.items() if answers[key].is_said}
        return project.edit(found.text, {**said, **_taken_back(found, answers)})
    parsed = project.parse(_nested(values))
    sections = {name: getattr(parsed, name) for name in ("name", "model", "aws", "endpoint", "api")}
    return scaffold.render("settings/sentiment.toml.j2", data=_fields(parsed.data), every_key=EVERY_KEY, **sections)


def _taken_back(found: Existing, answers: Answers) -> dict[str, None]:
    """What the file says of labels, and shall say no more."""
    told = [key for key in LABELS if key in found.values]
    gone = [key for key in told if answers.value(key) == KEEP_NAMES]
    return dict.fromkeys(told if LABELS[0] in gone and LABELS[1] not in answers else gone)


def _filed_path(directory: Path, answers: Answers) -> str:
    """How sentiment.toml names the data: relative to itself where the file lies in the project, or in the folder that
    the project lies in, with which it is moved or cloned."""
    value = str(answers.value("data.path"))
    if value == SAMPLE:
        return SAMPLE_FILE.as_posix()
    if value == SENTIMENT140 or answers["data.path"].source == "sentiment.toml":
        return value
    path, home = data_path(directory, answers).resolve(), directory.resolve()
    if path.is_relative_to(home):
        return path.relative_to(home).as_posix()
    beside = path.is_relative_to(home.parent) and home.parent != Path(home.anchor)  # in the root lies everything
    return (Path("..") / path.relative_to(home.parent)).as_posix() if beside else str(path)


def _elsewhere(directory: Path, answers: Answers) -> str:
    """What to know of data that a clone of the project would not find."""
    named = _filed_path(directory, answers)
    if answers["data.path"].source == "sentiment.toml" or not Path(named).is_absolute():
        return ""
    return f"{project.FILE_NAME} names the data by an absolute path, {named}: they lie apart from the project."


def _fields(section: Any) -> dict[str, Any]:
    return {name: getattr(section, name) for name in section.__struct_fields__}


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for dotted, value in values.items():
        *tables, key = dotted.split(".")
        table = nested
        for name in tables:
            table = table.setdefault(name, {})
        if value is not None:
            table[key] = value
    return nested


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            flat += _flat(value, f"{prefix}{key}.")
        else:
            flat.append((prefix + key, value))
    return flat
