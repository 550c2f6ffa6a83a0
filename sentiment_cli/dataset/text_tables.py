"""Tables in text files: delimited (CSV, TSV, Sentiment140's own) and JSON (a line each, or one array)."""

from __future__ import annotations

import codecs
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sentiment_cli.dataset import columns, delimited, encoding, jsons
from sentiment_cli.dataset.encoding import Encoding
from sentiment_cli.dataset.source import Source
from sentiment_cli.dataset.table import SAMPLE_ROWS, Table, Trouble, as_label
from sentiment_cli.errors import InputError

SENTIMENT140_COLUMNS = ("target", "id", "date", "flag", "user", "text")


@dataclass(frozen=True)
class _TextTable(Table):
    known: Encoding

    def settled(self) -> Table:
        """See `Table.settled`: one stray byte may come at the very end."""
        known = encoding.scan(self.source)
        return replace(self, known=known, encoding=known.title)

    def _lines(self, trouble: Trouble) -> Iterator[str]:
        lines = self.source.lines(self.known.codec, self.known.errors)
        return encoding.repaired(lines, trouble.repair) if self.known.mixed else lines


@dataclass(frozen=True)
class DelimitedTable(_TextTable):
    """Rows of cells between delimiters."""

    dialect: delimited.Dialect

    def rows(self, text: int, label: int, trouble: Trouble) -> Iterator[tuple[int, str | None, str | None]]:
        """See `Table.rows`."""
        records = iter(delimited.Records(self._lines(trouble), self.dialect, len(self.columns), trouble.bad))
        if self.header:
            next(records, None)
        for line, row in records:
            yield line, row[text], row[label]


@dataclass(frozen=True)
class JsonTable(_TextTable):
    """Objects whose keys are the columns."""

    def rows(self, text: int, label: int, trouble: Trouble) -> Iterator[tuple[int, str | None, str | None]]:
        """See `Table.rows`."""
        parse = jsons.from_lines if self.format == "jsonl" else jsons.from_array
        text_key, label_key = self.columns[text], self.columns[label]
        for line, row in parse(self._lines(trouble), trouble.bad):
            value = row.get(text_key)
            if text_key not in row or label_key not in row:
                trouble.bad(line, f"no {text_key if text_key not in row else label_key!r}")
            elif value is None or isinstance(value, str):
                yield line, value, as_label(row[label_key])
            else:
                trouble.bad(line, f"{text_key!r} is not a text")


def sample_text(source: Source, known: Encoding) -> str:
    """The first part of a file as text, cut at the end of a line if more follows."""
    text = codecs.getincrementaldecoder(known.codec)("replace").decode(source.head)
    return text if source.whole else text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def delimited_table(source: Source, text: str, known: Encoding, form: str | None, wanted: Sequence[str]) -> Table:
    """The table in delimited text; `form` is "csv", "tsv", "sentiment140" or None for any of them."""
    dialect = delimited.sniff(text, {"tsv": "\t", "sentiment140": ","}.get(form or "", "".join(delimited.DELIMITERS)))
    parsed, _ = delimited.parse(text, dialect)
    widths = Counter(len(row) for row in parsed)
    width = max(widths, key=lambda width: (width > 1, widths[width]), default=0)
    sample = [row for row in parsed if len(row) == width][: SAMPLE_ROWS + 1]
    if form == "sentiment140" or (form is None and is_sentiment140(sample)):
        return _sentiment140(source, known, sample, dialect)
    header = tuple(name.strip() for name in sample[0]) if columns.has_header(sample, wanted) else None
    form = "tsv" if dialect.delimiter == "\t" else "csv"
    title = f"{form.upper()}, separated by {delimited.DELIMITERS[dialect.delimiter]}"
    names = header or tuple(str(number) for number in range(1, width + 1))
    rows = sample[1:] if header else sample[:SAMPLE_ROWS]
    return DelimitedTable(source, form, title, known.title, dialect.delimiter, header, names, rows, known, dialect)


def is_sentiment140(rows: Sequence[Sequence[str]]) -> bool:
    """Six columns without names: 0, 2 or 4, a number, a date, a query, a user and the text."""
    return all(len(row) == 6 and row[0] in {"0", "2", "4"} and row[1].isdigit() for row in rows)


def json_table(source: Source, text: str, known: Encoding, form: str) -> Table:
    """The table in JSON Lines ("jsonl") or a JSON array ("json")."""
    parse = jsons.from_lines if form == "jsonl" else jsons.from_array
    found: list[dict[str, Any]] = []
    try:
        for _, row in parse(io.StringIO(text, newline=""), lambda line, reason: None):
            found.append(row)
            if len(found) == SAMPLE_ROWS:
                break
    except InputError:
        if source.whole or not found:
            raise
    names = tuple(dict.fromkeys(key for row in found for key in row))
    rows = [tuple(as_label(row.get(name)) for name in names) for row in found]
    title = "JSON Lines" if form == "jsonl" else "a JSON array"
    return JsonTable(source, form, title, known.title, None, names, names, rows, known)


def _sentiment140(source: Source, known: Encoding, sample: list[delimited.Row], dialect: delimited.Dialect) -> Table:
    if any(len(row) != len(SENTIMENT140_COLUMNS) for row in sample):
        raise InputError(
            f"Cannot read {source.path} as Sentiment140's format.",
            "That has six columns (target, id, date, flag, user, text), separated by commas, and no header line.",
            "Leave `--format` out to have the format recognised.",
            code="wrong-format",
        )
    title, names = "Sentiment140's format", SENTIMENT140_COLUMNS
    rows = sample[:SAMPLE_ROWS]
    return DelimitedTable(
        source, "sentiment140", title, known.title, dialect.delimiter, None, names, rows, known, dialect
    )
