"""What a look through all rows found, as numbers and as lines for people; judges nothing."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sentiment_cli.dataset.table import BadRow
from sentiment_cli.events import Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG_TEXT = 10_000


@dataclass(frozen=True)
class Findings:
    """What is in a file, and what was done about it.

    `rows` are the rows used, `available` the usable rows of the file (more, where a limit was asked for), `per_label`
    the rows used of each class. `duplicates` counts rows that repeat an earlier one (same text, same label; kept),
    `contradictory` the texts that come with more than one label (kept), `empty` the rows without text (dropped),
    `malformed` the rows that cannot be read (dropped; `first_malformed` names some), `left_out` other dropped rows by
    reason, `long` the texts over 10,000 characters, and `repaired` the lines that hold bytes of another encoding.
    """

    title: str
    encoding: str
    rows: int
    available: int
    limit: int | None
    per_label: Mapping[str, int]
    duplicates: int = 0
    contradictory: int = 0
    empty: int = 0
    long: int = 0
    malformed: int = 0
    first_malformed: tuple[BadRow, ...] = ()
    repaired: int = 0
    first_repaired: tuple[int, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    rating: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The findings, one line each, the most important first."""
        return [note.text for note in self.notes()]

    def notes(self) -> list[Note]:
        """The findings as notes; what may hurt the model is a warning."""
        found = [Note(f"{self.title}, {self.encoding}"), Note(self._rows()), Note(self._balance(), self._skew())]
        return found + [Note(line, "warning") for line in self._oddities()]

    def _oddities(self) -> Iterator[str]:
        if self.duplicates:
            yield f"Duplicates: {_counted(self.duplicates, 'row')} with the text and label of an earlier one; kept"
        if self.contradictory:
            yield f"Contradictory: {_counted(self.contradictory, 'text')} with more than one label; kept"
        if self.empty:
            yield f"Empty: {_counted(self.empty, 'row')} without text; left out"
        if self.long:
            yield f"Long: {_counted(self.long, 'text')} of more than {LONG_TEXT:,} characters"
        for reason, count in self.left_out.items():
            yield f"Left out: {_counted(count, 'row')}, {reason}"
        if self.malformed:
            named = _first([f"{bad.line}: {bad.reason}" for bad in self.first_malformed], self.malformed)
            yield f"Malformed: {_counted(self.malformed, 'row')}; left out ({named})"
        if self.repaired:
            named = _first([str(line) for line in self.first_repaired], self.repaired)
            yield f"Odd bytes: {_counted(self.repaired, 'line')} not in UTF-8, read as Latin-1 ({named})"
        if self.rating:
            yield rating_advice(self.rating)

    def _rows(self) -> str:
        if self.limit is None:
            return f"{self.rows:,} rows"
        if self.rows < self.available:
            return f"{self.rows:,} rows, a random part of {self.available:,} with every label in proportion"
        return f"{self.rows:,} rows, all there are: the limit of {self.limit:,} leaves none out"

    def _balance(self) -> str:
        shares = (f"{name} {count:,} ({count / self.rows:.0%})" for name, count in self.per_label.items())
        return f"Labels: {', '.join(shares)}"

    def _skew(self) -> Literal["info", "warning"]:
        return "warning" if min(self.per_label.values()) * 5 < max(self.per_label.values()) else "info"


def rating_advice(values: Sequence[str]) -> str:
    """What to do with stars."""
    third = (len(values) - 1) // 2
    low, high = ",".join(values[:third]), ",".join(values[-third:])
    return (
        f"The labels look like ratings and make {len(values)} classes; for Positive and Negative use "
        f"`--negative {low} --positive {high}`, which leaves the middle out"
    )


def repeats(texts: Sequence[str], labels: NDArray[np.int8]) -> tuple[int, int]:
    """(rows that repeat an earlier text with its label, texts that have more than one label).

    Finds candidates by sorting 8-byte hashes, so that no second copy of the texts is made, then compares the texts.
    """
    import numpy as np

    hashes = np.frombuffer(array("q", map(hash, texts)), dtype=np.int64)
    order = np.argsort(hashes, kind="stable")
    same = hashes[order][1:] == hashes[order][:-1]
    candidates = order[np.append(same, False) | np.insert(same, 0, False)]
    seen: dict[str, set[int]] = {}
    for index in candidates.tolist():
        seen.setdefault(texts[index], set()).add(int(labels[index]))
    contradictory = sum(len(found) > 1 for found in seen.values())
    return len(candidates) - sum(map(len, seen.values())), contradictory


def _first(shown: Sequence[str], number: int) -> str:
    return "; ".join(f"line {each}" for each in shown) + ("; ..." if number > len(shown) else "")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
