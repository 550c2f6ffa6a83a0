"""What every format reads as: a table with named columns, some of its rows, and a stream of all rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sentiment_cli.dataset.source import Source

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "sentiment140")
SAMPLE_ROWS = 2000
_NAMED = 5


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used: its `line` (for Parquet its row), from 1, and the reason."""

    line: int
    reason: str


@dataclass
class Trouble:
    """What is met while rows stream by: all of it counted, the first of each sort named."""

    malformed: int = 0
    first: list[BadRow] = field(default_factory=list)
    repaired: int = 0
    first_repaired: list[int] = field(default_factory=list)

    def bad(self, line: int, reason: str, count: int = 1) -> None:
        """Counts a row (or `count` rows of the same fault, of which `line` is the first) that is left out."""
        self.malformed += count
        if len(self.first) < _NAMED:
            self.first.append(BadRow(line, reason))

    def repair(self, line: int) -> None:
        """Counts a line that holds bytes of another encoding than its file."""
        self.repaired += 1
        if len(self.first_repaired) < _NAMED:
            self.first_repaired.append(line)


@dataclass(frozen=True)
class Table:
    """A file whose structure is known.

    `title` says the format to people; `header` is None where the file does not name its columns, then `columns` are
    "1", "2" and so on; `sample` holds rows of the first part, and of some places further on, as strings, None for a
    cell that is not there.
    """

    source: Source
    format: str
    title: str
    encoding: str
    delimiter: str | None
    header: tuple[str, ...] | None
    columns: tuple[str, ...]
    sample: Sequence[Sequence[str | None]]

    @property
    def partial(self) -> bool:
        """Whether the file goes on after the sample."""
        return not self.source.whole

    def settled(self) -> Table:
        """The table with everything judged by the whole file that its first part cannot tell for sure."""
        return self

    def rows(self, text: int, label: int, trouble: Trouble) -> Iterator[tuple[int, str | None, str | None]]:
        """(line, text, label) of every row; None for an absent value. What cannot be read goes to `trouble`."""
        raise NotImplementedError


def as_label(value: Any) -> str | None:
    """A label from a typed format as the text it would be in a CSV file."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if isinstance(value, str) else str(value)
