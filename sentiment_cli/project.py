"""sentiment.toml as a frozen `Project`, and edits to the file that keep its comments; unknown keys are refused."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, ValidationError, convert, field, to_builtins

from sentiment_cli.errors import InputError
from sentiment_cli.files import write_atomically
from sentiment_cli.misfit import Unfit, explain, place_of, takes_at

FILE_NAME = "sentiment.toml"
ARTIFACT = Path("model/model.tar.gz")
REPORT = Path("model/report.html")

# A link, a @handle, a word with inner apostrophes (don't), an emoticon, <3, a run of ! or ?, or an emoji: what carries
# sentiment in a tweet and what scikit-learn's default pattern (two or more word characters) would throw away. Full
# stops, commas and the like are left out: they say how somebody writes, not how somebody feels.
TOKEN_PATTERN = (
    r"(?u)https?://\S+|@\w+|\w+(?:['’]\w+)*|[:;=8xX][\-o']?[()\[\]dDpP/\\|*]+|<3|[!?]+"  # noqa: S105
    r"|[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
)

# SageMaker and Lambda names are made as NAME-STAGE-DIGEST and must stay within 63 and 64 characters.
NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
NAME_MAX = 32
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
RESERVED = ("sthree-", "amzn-s3-demo-")

Positive = Annotated[int, Meta(ge=1)]
Fraction = Annotated[float, Meta(ge=0, le=1)]


class _Section(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of sentiment.toml."""


class Data(_Section, frozen=True):
    """[data]: where the labelled rows are and how to read them; None means: found by looking."""

    path: str = "data/tweets.csv"
    format: str | None = None
    text_column: str | int | None = None
    label_column: str | int | None = None
    positive: str | int | None = None
    negative: str | int | None = None
    limit: Positive | None = None


class Tfidf(_Section, frozen=True):
    """[model.tfidf]: options of scikit-learn's TfidfVectorizer, under their own names."""

    analyzer: Literal["word", "char", "char_wb"] = "word"
    ngram_range: Annotated[tuple[Positive, Positive], Meta(description="smallest and largest n-gram")] = (1, 2)
    lowercase: bool = True
    strip_accents: Literal["ascii", "unicode"] | None = None
    stop_words: Literal["english"] | tuple[str, ...] | None = None
    token_pattern: str = TOKEN_PATTERN
    min_df: Annotated[int, Meta(ge=1)] | Fraction = 2
    max_df: Annotated[int, Meta(ge=1)] | Fraction = 1.0
    max_features: Positive | None = None
    binary: bool = False
    norm: Literal["l1", "l2", "none"] = "l2"
    use_idf: bool = True
    smooth_idf: bool = True
    sublinear_tf: bool = True

    def vectorizer_options(self) -> dict[str, Any]:
        """Keyword arguments for TfidfVectorizer."""
        options = {name: getattr(self, name) for name in self.__struct_fields__}
        options["norm"] = None if self.norm == "none" else self.norm
        if isinstance(self.stop_words, tuple):
            options["stop_words"] = list(self.stop_words)
        return options


class Model(_Section, frozen=True):
    """[model]: how the model is fitted and how good it has to be."""

    C: Annotated[float, Meta(gt=0)] = 3.0
    test_size: Annotated[float, Meta(gt=0, lt=1)] = 0.2
    seed: Annotated[int, Meta(ge=0)] = 0
    min_accuracy: Fraction | None = None
    tfidf: Tfidf = field(default_factory=Tfidf)


class Aws(_Section, frozen=True):
    """[aws]: which region and which credentials profile; no secret ever stands here."""

    region: str | None = None
    profile: str | None = None


class Endpoint(_Section, frozen=True):
    """[endpoint]: the SageMaker endpoint that holds the model."""

    kind: Literal["realtime", "serverless"] = "realtime"
    instance_type: str = "ml.t2.medium"
    instance_count: Positive = 1
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 2048


class Api(_Section, frozen=True):
    """[api]: who may call the public URL."""

    auth: Literal["api-key", "iam", "none"] = "api-key"


class Project(_Section, frozen=True):
    """All of sentiment.toml."""

    name: str  # `name_problem` says what it may be
    data: Data = field(default_factory=Data)
    model: Model = field(default_factory=Model)
    aws: Aws = field(default_factory=Aws)
    endpoint: Endpoint = field(default_factory=Endpoint)
    api: Api = field(default_factory=Api)


def name_from(text: str) -> str:
    """The nearest valid project name, for a default ("My Tweets!" -> "my-tweets")."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:NAME_MAX].strip("-")
    return name if re.match(NAME_PATTERN, name) else (f"project-{name}".strip("-"))[:NAME_MAX].strip("-")


def name_problem(name: str) -> str | None:
    """Why `name` cannot be a project name, or None."""
    if len(name) > NAME_MAX:
        return f"at most {NAME_MAX} characters, for AWS resource names are made from it"
    if name.startswith(RESERVED):
        return f"no name that begins with {' or '.join(RESERVED)}, which S3 keeps for itself"
    if not re.match(NAME_PATTERN, name):
        return "lower-case letters, digits and single hyphens, starting with a letter"
    return None


def load(directory: Path) -> Project:
    """Read DIRECTORY/sentiment.toml.

    Raises InputError when the file is missing, is not TOML, or holds a key or value that is not understood.
    """
    path = directory / FILE_NAME
    text = _read(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"Cannot read {path}.",
            f"It is not valid TOML: {_in_words(str(error))}.",
            'Correct that line: a text stands in quotes (name = "my-tweets"), a key stands once, a list closes with ].',
            code="bad-toml",
        ) from None
    try:
        return parse(values)
    except ValidationError as error:
        raise explain(path, error, values, Project) from None


def load_or_default(directory: Path) -> tuple[Project, bool]:
    """The project of `directory`, and whether there is a file; without one, all defaults and the folder's name."""
    if (directory / FILE_NAME).exists():
        return load(directory), True
    return Project(name=name_from(directory.resolve().name)), False


def parse(values: dict[str, Any]) -> Project:
    """Check plain `values` (as TOML gives them). Raises msgspec.ValidationError."""
    project = convert(values, Project)
    smallest, largest = project.model.tfidf.ngram_range
    if smallest > largest:
        raise Unfit("model.tfidf.ngram_range", "the first number must not exceed the second")
    _check_pattern(project.model.tfidf.token_pattern)
    if problem := name_problem(project.name):
        raise Unfit("name", f"it takes {problem}")
    return project


def plain(project: Project) -> dict[str, Any]:
    """`project` as nested plain values, without those that equal the defaults."""
    values: dict[str, Any] = to_builtins(project)
    return values


def overridden(model: Model, values: dict[str, Any]) -> Model:
    """`model` with those of `values` that are not None in place of its own. Raises InputError for an impossible one."""
    stated = {name: value for name, value in values.items() if value is not None}
    try:
        return convert({**to_builtins(model), **stated}, Model)
    except ValidationError as error:
        place, takes = place_of(error), takes_at(error, Model)
        what = f"--{place.replace('_', '-')} {stated[place]} cannot be used."
        raise InputError(what, f"{takes[:1].upper()}{takes[1:]}.", "Correct it.", code="bad-value") from None


def edit(text: str, changes: dict[str, Any]) -> str:
    """`text` (TOML) with dotted keys set to new values (None removes a key); comments and order survive."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    for dotted, value in changes.items():
        *tables, key = dotted.split(".")
        table = document
        for name in tables:
            table = table.setdefault(name, tomlkit.table())
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return tomlkit.dumps(document)


def save(directory: Path, text: str) -> Path:
    """Write DIRECTORY/sentiment.toml at once or not at all."""
    path = directory / FILE_NAME
    write_atomically(path, text.encode())
    return path


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"There is no {FILE_NAME} in {path.parent.absolute()}.",
            "This folder is not a sentiment-cli project.",
            "Run `sentiment-cli init` to make it one, or name the project's folder with -C.",
            code="no-project",
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        why = f"Line {line} holds the byte {error.object[error.start]:#04x}, which is no UTF-8."
        raise InputError(
            f"Cannot read {path}.", why, "Save it as UTF-8, which most editors offer.", code="bad-toml"
        ) from None
    except OSError as error:
        why = f"The system says: {error.strerror or error}."
        raise InputError(f"Cannot read {path}.", why, "Make it a file that you may read.", code="bad-toml") from None


def _in_words(message: str) -> str:
    """What tomllib says, beginning small; its one message that means something else is said so."""
    message = message.replace("Cannot overwrite a value", "this key stands there already")
    return message[:1].lower() + message[1:]


def _check_pattern(pattern: str) -> None:
    where = "model.tfidf.token_pattern"
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise Unfit(where, f"that is no regular expression ({error})") from None
    if groups > 1:
        raise Unfit(where, "that has more than one capturing group (write (?:...) for the others)")
