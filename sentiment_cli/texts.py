"""Texts to ask about, from arguments, a file or a pipe: JSON, CSV, JSON Lines, or one text a line."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sentiment_cli.errors import InputError

TEXT_COLUMNS = ("text", "tweet", "sentence", "content", "message", "review", "comment", "body")
STDIN = Path("-")
LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Asked:
    """What to ask; `explain` is also set by a JSON body that says so."""

    texts: list[str]
    explain: bool


def collect(arguments: Sequence[str], file: Path | None, stdin: TextIO, *, explain: bool) -> Asked:
    """The texts of one `invoke`. Raises InputError when there are none, or the file cannot be read."""
    if arguments and file is not None:
        raise InputError("Texts came twice.", "Both as arguments and with --file.", "Use one of them.", code="usage")
    if arguments:
        return Asked(list(arguments), explain)
    if file is None and stdin.isatty():
        raise InputError(
            "There is no text to ask about.",
            "",
            'Give one: `sentiment-cli invoke "Today was a great day!"`, or use --file or a pipe.',
            code="missing-input",
        )
    name = "stdin" if file in (None, STDIN) else str(file)
    raw = _stdin_bytes(stdin) if file is None or file == STDIN else _file_bytes(file)
    texts, wants = parse(_decoded(raw, name), name)
    if not texts:
        raise InputError(f"There is no text in {name}.", "It is empty.", "Give at least one text.", code="no-texts")
    return Asked(texts, explain or wants)


def to_send(arguments: Sequence[str], file: Path | None, directory: Path) -> list[str]:
    """Texts for a load test: those given, those of `file`, the first of the project's data, or of the bundled sample.

    Raises InputError as `collect` does, and for data that cannot be read.
    """
    if arguments or file is not None:
        return collect(arguments, file, sys.stdin, explain=False).texts
    from sentiment_cli import project as projects
    from sentiment_cli import scaffold
    from sentiment_cli.data_questions import SAMPLE_FILE
    from sentiment_cli.dataset import first_texts

    data = projects.load(directory).data if (directory / projects.FILE_NAME).exists() else None
    if data is not None and (path := directory / Path(data.path).expanduser()).exists():
        column = None if data.text_column is None else str(data.text_column)
        if found := first_texts(path, format=data.format, text_column=column):
            return found
    return first_texts(scaffold.templates() / "project" / SAMPLE_FILE)


def parse(content: str, name: str) -> tuple[list[str], bool]:
    """(texts, whether an explanation is asked for). The form is found by looking, then by the file's name."""
    head = content.lstrip()[:1]
    body = _as_json(content) if head in ("{", "[") else None
    if isinstance(body, dict) and "text" in body and "input" not in body:
        return [_text(body, name, 1)], False
    if isinstance(body, dict):
        return _json_body(body, name)
    if isinstance(body, list) and all(isinstance(row, (str, dict)) for row in body):
        return [_text(row, name, number) for number, row in enumerate(body, 1)], False
    if head == "{":
        return _json_lines(content, name), False
    if name.lower().endswith((".csv", ".tsv")) or _has_text_header(content):
        return _csv(content, name), False
    return [line.strip() for line in _lines(content) if line.strip()], False


def _as_json(content: str) -> Any:
    """The JSON value that `content` is as a whole; None if it is none, or nested deeper than any request."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _lines(content: str) -> list[str]:
    """Lines as files have them; str.splitlines would also cut at characters that may stand in a JSON string."""
    return LINE_END.split(content)


def _json_body(body: dict[str, Any], name: str) -> tuple[list[str], bool]:
    rows = body.get("input")
    if not isinstance(rows, list):
        raise InputError(
            f"{name} is JSON, but not a request.", 'There is no list under "input".',
            'Write {"input": [{"text": "..."}]}.', code="bad-body",
        )  # fmt: skip
    return [_text(row, name, number) for number, row in enumerate(rows, 1)], bool(body.get("explain"))


def _json_lines(content: str, name: str) -> list[str]:
    texts = []
    for number, line in enumerate(_lines(content), 1):
        if line.strip():
            try:
                texts.append(_text(json.loads(line), name, number))
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"{name} is not valid JSON.", f"Line {number}: {error}.", "Correct that line.", code="bad-json"
                ) from None
    return texts


def _text(row: Any, name: str, number: int) -> str:
    text = row.get("text") if isinstance(row, dict) else row
    if not isinstance(text, str):
        raise InputError(
            f"Row {number} of {name} has no text.", 'Each row is {"text": "..."}.', "Correct that row.", code="bad-row"
        )
    return text


def _has_text_header(content: str) -> bool:
    lines = _lines(content)
    cells = lines[0].replace("\t", ",").split(",")
    return any(cell.strip().strip('"').lower() in TEXT_COLUMNS for cell in cells) and len(lines) > 1


def _csv(content: str, name: str) -> list[str]:
    csv.field_size_limit(max(csv.field_size_limit(), len(content)))  # a text may be as long as the file
    delimiter = "\t" if "\t" in _lines(content)[0] else ","
    rows = [row for row in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter) if row]
    if not rows:
        return []
    header = [cell.strip().lower() for cell in rows[0]]
    column = next((header.index(each) for each in TEXT_COLUMNS if each in header), None)
    if column is not None:
        rows = rows[1:]
    elif len(rows[0]) == 1:
        column = 0
    else:
        raise InputError(
            f"{name} has no column with texts that could be recognised.", f"Its columns are: {', '.join(rows[0])}.",
            f"Name one of them `text` (or {', '.join(TEXT_COLUMNS[1:4])}).", code="no-text-column",
        )  # fmt: skip
    return [row[column] for row in rows if column < len(row) and row[column].strip()]


def _file_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"Cannot read {path}.", f"{error.strerror or error}.", "Name a file that is there.", code="no-file"
        ) from None


def _stdin_bytes(stdin: TextIO) -> bytes:
    buffer = getattr(stdin, "buffer", None)
    return buffer.read() if buffer is not None else stdin.read().encode()


def _decoded(raw: bytes, name: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in raw:
            raise InputError(
                f"{name} is not text.", "It holds binary data.", "Give texts, CSV or JSON.", code="binary"
            ) from None
        return raw.decode("cp1252", errors="replace")
