"""Every row of a file, checked, or the reason why a model cannot be trained on it; holds the rows in memory once."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sentiment_cli.dataset import columns, labels, refusals, sampling, telling
from sentiment_cli.dataset.findings import LONG_TEXT, Findings, repeats
from sentiment_cli.dataset.labels import Classes
from sentiment_cli.dataset.recognise import open_table
from sentiment_cli.dataset.table import Table, Trouble
from sentiment_cli.events import Emit, Note, Progress, ignore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EVERY = 20_000
_MOST_VALUES = 10_000
NOTHING_SAID: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Dataset:
    """Rows to train on.

    `labels[i]` is the index in `names` (class order) of the label of `texts[i]`; two-class data whose names are known
    has the names ("Negative", "Positive"). `sha256` is the digest of the rows in this order with their labels.
    """

    texts: list[str]
    labels: NDArray[np.int8]
    names: tuple[str, ...]
    findings: Findings
    sha256: str


@dataclass
class _Rows:
    """Rows as they come: `codes[i]` is the number in `values` of the label of `texts[i]` as it is written."""

    texts: list[str] = field(default_factory=list)
    codes: array[int] = field(default_factory=lambda: array("H"))
    values: dict[str, int] = field(default_factory=dict)
    first_lines: list[int] = field(default_factory=list)
    empty: int = 0

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often each label value is written so, once all rows are there."""
        tally = Counter(self.codes)
        return {value: tally[code] for value, code in self.values.items()}


def read(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    text_column: str | None = None,
    label_column: str | None = None,
    positive: str | None = None,
    negative: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    sources: Mapping[str, str] = NOTHING_SAID,
    emit: Emit = ignore,
) -> Dataset:
    """All rows of the file at `path`, or `limit` of them drawn at random with every class in proportion.

    Columns are names or numbers from 1; `positive` and `negative` name label values (several parted by commas), and
    rows with any other label are then left out. `sources` (parameter -> "flag", say) goes into the line that tells what
    was taken for text and label. Raises InputError with the remedy when the file cannot be read, has no usable columns,
    1 % or more of its rows are malformed, or a class has fewer than 20 rows.
    """
    if limit is not None and limit < 2 * labels.FEWEST_ROWS:
        raise refusals.limit_too_low(limit)
    table = open_table(Path(path), format, [name for name in (text_column, label_column) if name]).settled()
    text, label = pick(table, text_column, label_column)
    trouble = Trouble()
    rows = _collected(table, text, label, trouble, emit)
    classes = _classes(table, label, rows, positive, negative)
    # Before the rows are judged: who reads a refusal must see whether it speaks of the right columns.
    emit(Note(telling.taken(table, text, label, classes, sources)))
    met = len(rows.texts) + rows.empty + trouble.malformed
    _count_unknown(rows, classes, trouble)
    refusals.refuse_malformed(table, trouble, met)
    return _dataset(table, rows, trouble, classes, limit, seed)


def pick(table: Table, text: str | None, label: str | None) -> tuple[int, int]:
    """Indices of the text and the label column; InputError that lists the columns where one cannot be told."""
    text_index, label_index = columns.choose(table.columns, table.sample, text, label)
    if text_index is None:
        raise refusals.no_column(table, "text")
    if label_index is None:
        raise refusals.no_column(table, "label")
    if text_index == label_index:
        raise refusals.same_column(table, text_index)
    return text_index, label_index


def _collected(table: Table, text: int, label: int, trouble: Trouble, emit: Emit) -> _Rows:
    rows = _Rows()
    texts, codes, values = rows.texts, rows.codes, rows.values
    for line, value, mark in table.rows(text, label, trouble):
        code = values.get(mark)  # type: ignore[arg-type]
        if code is None:
            if mark is None or not mark.strip():
                trouble.bad(line, "no label")
                continue
            code = values[mark] = len(values)
            rows.first_lines.append(line)
            if code == _MOST_VALUES:
                raise refusals.wrong_label_column(table, label, len(values))
        if not value or value.isspace():
            rows.empty += 1
        elif "\0" in value:
            trouble.bad(line, "a NUL character in the text")
        else:
            texts.append(value)
            codes.append(code)
            if not len(texts) % _EVERY:
                _report(table, len(texts), emit)
    _report(table, len(texts), emit)
    return rows


def _report(table: Table, rows: int, emit: Emit) -> None:
    emit(Progress(f"Reading {table.source.name}", table.source.position(), table.source.size, "bytes"))
    emit(Progress("Rows read", rows, None, "rows"))


def _dataset(table: Table, rows: _Rows, trouble: Trouble, classes: Classes, limit: int | None, seed: int) -> Dataset:
    import numpy as np

    texts, marks = _classed(rows, classes)
    refusals.refuse_classes(table, classes.names, np.bincount(marks, minlength=len(classes.names)).tolist())
    available = len(texts)
    if limit is not None and limit < available:
        drawn = sampling.draw(texts, marks, limit, seed)
        texts, marks = [texts[i] for i in drawn.tolist()], marks[drawn]
    per_label = np.bincount(marks, minlength=len(classes.names)).tolist()
    refusals.refuse_limit(classes.names, per_label, limit)
    duplicates, contradictory = repeats(texts, marks)
    findings = Findings(
        title=table.title,
        encoding=table.encoding,
        rows=len(texts),
        available=available,
        limit=limit,
        per_label=dict(zip(classes.names, per_label, strict=True)),
        duplicates=duplicates,
        contradictory=contradictory,
        empty=rows.empty,
        long=sum(len(text) > LONG_TEXT for text in texts),
        malformed=trouble.malformed,
        first_malformed=tuple(trouble.first),
        repaired=trouble.repaired,
        first_repaired=tuple(trouble.first_repaired),
        left_out=_left_out(rows, classes),
        rating=classes.names if labels.is_rating(classes.names) else (),
    )
    return Dataset(texts, marks, classes.names, findings, _digest(texts, marks, classes.names))


def _classes(table: Table, label: int, rows: _Rows, positive: str | None, negative: str | None) -> Classes:
    if not rows.counts:
        return Classes((), {})
    refusals.refuse_wrong_label_column(table, label, rows.counts)
    if table.format == "sentiment140" and not (positive or negative):
        return labels.sentiment140(rows.counts)
    return labels.resolve(rows.counts, positive, negative)


def _count_unknown(rows: _Rows, classes: Classes, trouble: Trouble) -> None:
    for (value, count), line in zip(rows.counts.items(), rows.first_lines, strict=True):
        if count and value not in classes.index and value not in classes.left_out:
            trouble.bad(line, f"unknown label {value.strip()!r}", count)


def _classed(rows: _Rows, classes: Classes) -> tuple[list[str], NDArray[np.int8]]:
    """The rows whose label belongs to a class, and the index of it."""
    import numpy as np

    index = np.array([classes.index.get(value, -1) for value in rows.values], dtype=np.int8)
    marks = index[np.array(rows.codes, dtype=np.uint16)]
    kept = marks >= 0
    if kept.all():
        return rows.texts, marks
    return [rows.texts[i] for i in np.flatnonzero(kept).tolist()], marks[kept]


def _left_out(rows: _Rows, classes: Classes) -> dict[str, int]:
    totals: dict[str, int] = {}
    for value, reason in classes.left_out.items():
        totals[reason] = totals.get(reason, 0) + rows.counts[value]
    return totals


def _digest(texts: list[str], marks: NDArray[np.int8], names: tuple[str, ...]) -> str:
    """SHA-256 of the class names, the texts (no text holds a NUL, which parts them) and the labels."""
    digest = hashlib.sha256("\0".join(names).encode() + b"\n")
    for start in range(0, len(texts), _EVERY):
        digest.update("\0".join([*texts[start : start + _EVERY], ""]).encode())
    digest.update(marks.tobytes())
    return digest.hexdigest()
