"""Tables in delimited text: CSV, TSV, and Sentiment140's own format of six columns without names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentiment_cli.dataset import columns, delimited
from sentiment_cli.dataset.encoding import Encoding
from sentiment_cli.dataset.source import Source
from sentiment_cli.dataset.table import SAMPLE_ROWS, Table, Trouble
from sentiment_cli.dataset.text_table import TextTable, glimpses
from sentiment_cli.errors import InputError

SENTIMENT140_COLUMNS: tuple[str, ...] = ("target", "id", "date", "flag", "user", "text")
_DELIMITERS = {"tsv": "\t", "sentiment140": ","}
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}
_ENTITY = re.compile("|".join(_ENTITIES))


@dataclass(frozen=True)
class DelimitedTable(TextTable):
    """Rows of cells between delimiters."""

    dialect: delimited.Dialect

    def rows(self, text: int, label: int, trouble: Trouble) -> Iterator[tuple[int, str | None, str | None]]:
        """See `Table.rows`."""
        records = iter(delimited.Records(self.lines(trouble), self.dialect, len(self.columns), trouble.bad))
        if self.header:
            next(records, None)
        if self.format == "sentiment140":
            yield from ((line, _unescaped(row[text]), row[label]) for line, row in records)
        else:
            yield from ((line, row[text], row[label]) for line, row in records)


def delimited_table(source: Source, text: str, known: Encoding, form: str | None, wanted: Sequence[str]) -> Table:
    """The table in delimited text of which `text` is the first part.

    `form` is "csv", "tsv", "sentiment140" or None for any; a first row with one of the names in `wanted` is a header.
    """
    dialect = delimited.sniff(text, _DELIMITERS.get(form or "", "".join(delimited.DELIMITERS)))
    rows = _sample(source, text, dialect)
    if form == "sentiment140" or (form is None and _is_sentiment140(rows)):
        _refuse_other_than_sentiment140(source, rows)
        form, title, header, names = "sentiment140", "Sentiment140's format", None, SENTIMENT140_COLUMNS
    else:
        form = "tsv" if dialect.delimiter == "\t" else "csv"
        title = f"{form.upper()}, separated by {delimited.DELIMITERS[dialect.delimiter]}"
        header = tuple(name.strip() for name in rows[0]) if columns.has_header(rows, wanted) else None
        names = tuple(name or str(number) for number, name in enumerate(header or [""] * len(rows[0]), 1))
    rows = [*rows[1 if header else 0 :], *_further(source, known, dialect, rows)]
    return DelimitedTable(source, form, title, known.title, dialect.delimiter, header, names, rows, known, dialect)


def _sample(source: Source, text: str, dialect: delimited.Dialect) -> list[delimited.Row]:
    """The first rows that have as many cells as most rows have."""
    rows, _ = delimited.parse(text, dialect)
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda width: (width > 1, widths[width]), default=0)
    if not width:
        raise InputError(
            f"Cannot use {source.path}: no row in its first part can be read.",
            "There is nothing in it but blank lines, or a quote that is opened and never closed.",
            "Check that the file is what you think it is.",
            code="no-rows",
        )
    return [row for row in rows if len(row) == width][:SAMPLE_ROWS]


def _further(
    source: Source, known: Encoding, dialect: delimited.Dialect, rows: list[delimited.Row]
) -> list[delimited.Row]:
    """Rows from further on; none where texts run over line ends, for there a line may begin inside a text."""
    if any("\n" in cell or "\r" in cell for row in rows for cell in row):
        return []
    blocks = (delimited.parse(block, dialect)[0] for block in glimpses(source, known))
    return [row for block in blocks for row in block if len(row) == len(rows[0])]


def _is_sentiment140(rows: Sequence[Sequence[str]]) -> bool:
    return all(len(row) == 6 and row[0] in {"0", "2", "4"} and row[1].isdigit() for row in rows)


def _refuse_other_than_sentiment140(source: Source, rows: list[delimited.Row]) -> None:
    if len(rows[0]) != len(SENTIMENT140_COLUMNS):
        raise InputError(
            f"Cannot read {source.path} as Sentiment140's format.",
            f"That has six columns ({', '.join(SENTIMENT140_COLUMNS)}), separated by commas, and no header line.",
            "Leave `--format` out to have the format recognised.",
            code="wrong-format",
        )


def _unescaped(text: str) -> str:
    """Sentiment140 keeps tweets as Twitter sent them then, with &lt;3 for <3, which nobody types."""
    return _ENTITY.sub(lambda match: _ENTITIES[match[0]], text) if "&" in text else text
