"""Rows of delimited text, and the dialect they are written in; names a row that cannot be right."""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sentiment_cli.dataset.source import LONGEST_LINE

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LONGEST_RECORD = 1000
_SWALLOWED = "a quote is opened and never closed"

Row = list[str]
Bad = Callable[[int, str], None]


@dataclass(frozen=True)
class Dialect:
    """`escaped`: quotes inside quotes are written \\" (as databases export them) instead of doubled."""

    delimiter: str
    escaped: bool = False


class _UnclosedQuote(Exception):
    pass


class Records:
    """The records among `lines` (with their line ends) as (number of the first line, cells); blank lines are left out.

    `width` is the number of cells that a record must have, None while it is not known yet. What does not parse goes to
    `bad` with its line and reason. When a quote has run on over following lines, reading resumes at the second line, so
    one missing quote costs one row. In tab-separated text a stray quote is a character like any other.
    """

    def __init__(self, lines: Iterator[str], dialect: Dialect, width: int | None, bad: Bad) -> None:
        self._lines = lines
        self._dialect = dialect
        self._width = width
        self._bad = bad
        self._gone = 0
        self._record: list[str] = []
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        csv.field_size_limit(LONGEST_LINE)
        while True:
            try:
                yield from self._parsed()
                return
            except (csv.Error, _UnclosedQuote) as error:
                yield from self._recovered(_reason(error))

    def _parsed(self) -> Iterator[tuple[int, Row]]:
        record, width = self._record, self._width
        for row in self._reader(self._fed()):
            if (len(row) == width or width is None) and row:
                yield self._gone + 1, row
            elif row and not (len(row) == 1 and not row[0].strip()):
                self._misfit(row)
            self._gone += len(record)
            record.clear()

    def _fed(self) -> Iterator[str]:
        record, again = self._record, self._again
        while again:
            line = again.popleft()
            record.append(line)
            yield line
        for line in self._lines:
            record.append(line)
            if len(record) > _LONGEST_RECORD:
                raise _UnclosedQuote(_SWALLOWED)
            yield line

    def _reader(self, lines: Iterator[str]) -> Iterator[Row]:
        if self._dialect.escaped:
            return csv.reader(lines, delimiter=self._dialect.delimiter, strict=True, doublequote=False, escapechar="\\")
        return csv.reader(lines, delimiter=self._dialect.delimiter, strict=True)

    def _misfit(self, row: Row) -> None:
        if len(self._record) > 1 and any(self._fits(line) for line in self._record[1:]):
            raise _UnclosedQuote(_SWALLOWED)
        self._bad(self._gone + 1, f"{len(row)} column{'' if len(row) == 1 else 's'} where {self._width} are expected")

    def _fits(self, line: str) -> bool:
        try:
            return len(next(self._reader(iter([line])), [])) == self._width
        except csv.Error:
            return False

    def _recovered(self, reason: str) -> Iterator[tuple[int, Row]]:
        """Gives up the first line of the record that failed, and puts the others back."""
        first, *rest = self._record
        self._again.extendleft(reversed(rest))
        self._record.clear()
        literal = first.rstrip("\r\n").split("\t")
        if self._dialect.delimiter == "\t" and self._width in (None, len(literal)):
            yield self._gone + 1, literal
        else:
            self._bad(self._gone + 1, reason)
        self._gone += 1


def _reason(error: Exception) -> str:
    text = str(error)
    if "expected after" in text:
        return "characters after a closing quote (a quote inside a text must be doubled)"
    if "field larger" in text or "end of data" in text:
        return _SWALLOWED
    return text


def sniff(sample: str, delimiters: str = "".join(DELIMITERS)) -> Dialect:
    """The dialect in which most of the sample's records have the same number of cells, more than one."""
    escapes = (False, True) if '\\"' in sample else (False,)
    candidates = [Dialect(delimiter, escaped) for delimiter in delimiters for escaped in escapes]
    return max(candidates, key=lambda dialect: _regularity(sample, dialect))


def parse(sample: str, dialect: Dialect) -> tuple[list[Row], int]:
    """The records of a sample, and how many lines of it do not parse."""
    failed: list[int] = []
    records = Records(io.StringIO(sample, newline=""), dialect, None, lambda line, _: failed.append(line))
    return [row for _, row in records], len(failed)


def _regularity(sample: str, dialect: Dialect) -> tuple[float, bool]:
    """(share of records with the commonest width, whether a column holds few values as labels do)."""
    rows, failed = parse(sample, dialect)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0, False
    width, count = widths.most_common(1)[0]
    columns = zip(*(row for row in rows[1:] if len(row) == width), strict=True)
    labelled = any(1 <= len(set(column)) <= max(2, len(column) // 3) for column in columns)
    return round(count / (len(rows) + failed), 2), labelled
