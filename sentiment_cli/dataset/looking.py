"""A quick look at a file for whoever has questions to ask: reads the first part and says what it seems to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_cli.dataset import columns, labels
from sentiment_cli.dataset.recognise import open_table
from sentiment_cli.dataset.table import Table

_EXAMPLES = 3
_TEXTS = 2
_ROWS = 5


@dataclass(frozen=True)
class Column:
    """A column's name ("1", "2" ... without a header), up to three different values of it, and how many it has."""

    name: str
    examples: tuple[str, ...]
    distinct: int


@dataclass(frozen=True)
class LabelValue:
    """A label as it is mostly written in the file, its rows in the part looked at, and up to two texts that have it."""

    value: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What a file seems to be.

    `title` says the format to people. `header` is None where the file has no names for its columns. `text_column` and
    `label_column` are column names, or None where no column looks right. `positive` and `negative` are label values
    that seem to mean that, empty where it must be asked. `partial`: only parts of the file were looked at, so counts
    are of these, and there may be further label values.
    """

    path: Path
    format: str
    title: str
    encoding: str
    delimiter: str | None
    header: tuple[str, ...] | None
    columns: tuple[Column, ...]
    text_column: str | None
    label_column: str | None
    rows: tuple[tuple[str | None, ...], ...]
    label_values: tuple[LabelValue, ...]
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    partial: bool


def look(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    text_column: str | None = None,
    label_column: str | None = None,
) -> Preview:
    """What the file at `path` seems to be; columns the user has chosen replace the guesses.

    Raises InputError with the remedy when it cannot be read or has no such column.
    """
    table = open_table(Path(path), format, [name for name in (text_column, label_column) if name])
    text, label = columns.choose(table.columns, table.sample, text_column, label_column)
    values = _label_values(table.sample, text, label)
    negative, positive = labels.halves(value.value for value in values)
    return Preview(
        path=Path(path),
        format=table.format,
        title=table.title,
        encoding=table.encoding,
        delimiter=table.delimiter,
        header=table.header,
        columns=tuple(_column(table, index) for index in range(len(table.columns))),
        text_column=None if text is None else table.columns[text],
        label_column=None if label is None else table.columns[label],
        rows=tuple(tuple(row) for row in table.sample[:_ROWS]),
        label_values=values,
        positive=positive,
        negative=negative,
        partial=table.partial,
    )


def first_texts(path: Path, *, format: str | None = None, text_column: str | None = None) -> list[str]:  # noqa: A002
    """The texts of the first part of a file, as they stand there. Raises InputError as `look` does."""
    table = open_table(path, format, [text_column] if text_column else [])
    text, _ = columns.choose(table.columns, table.sample, text_column, None)
    return [] if text is None else [each for row in table.sample if (each := row[text]) and each.strip()]


def _column(table: Table, index: int) -> Column:
    values = dict.fromkeys(cell for row in table.sample if (cell := row[index]) and cell.strip())
    return Column(table.columns[index], tuple(values)[:_EXAMPLES], len(values))


def _label_values(rows: Sequence[Sequence[str | None]], text: int | None, label: int | None) -> tuple[LabelValue, ...]:
    if label is None:
        return ()
    spellings: dict[str, Counter[str]] = {}
    examples: dict[str, list[str]] = {}
    for row in rows:
        value = (row[label] or "").strip()
        if not value:
            continue
        spellings.setdefault(labels.plain(value), Counter())[value] += 1
        shown = examples.setdefault(labels.plain(value), [])
        example = row[text] if text is not None else None
        if example and len(shown) < _TEXTS and example not in shown:
            shown.append(example)
    found = (
        LabelValue(spelt.most_common(1)[0][0], spelt.total(), tuple(examples[value]))
        for value, spelt in spellings.items()
    )
    return tuple(sorted(found, key=lambda label: (-label.count, label.value)))
