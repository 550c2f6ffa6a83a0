"""Tables and cards that fit the terminal: columns and a frame where there is room, else lines that can be read.

What is copied (an address, a command) is never broken: where it does not fit it stands on a line of its own, and the
terminal itself goes on in the next one. `Terminal.show` and `talk` leave such lines as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

GAP = 2  # columns between two of a table
FRAME = 4  # columns of a card's border and what it leaves free
LEAST = 20  # columns in which prose can be read
# a word, a command, a path or an address; of the last two a folder's name may have spaces in it
COPIED = re.compile(r"\S+|sentiment-cli .*|~?/.*|[a-z][a-z0-9]*://.*")


@dataclass(frozen=True)
class Rows:
    """A table, or where it does not fit each row as a few lines.

    `right` names the columns of figures. `folds` says which columns may break their cells, and the columns of the
    terminal that leave them readable; without it the last one. In lines the first `heading` cells of a row come first,
    then its figures and names, then each cell of prose.
    """

    columns: Sequence[str]
    cells: Sequence[Sequence[Text]]
    title: Text | None = None
    right: Sequence[int] = ()
    folds: Mapping[int, int] = field(default_factory=dict)
    heading: int = 1
    indent: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - GAP * (len(self.columns) - 1)
        least = [self._least(number) for number in range(len(self.columns))]
        if sum(least) <= room:
            yield self._table(_shared([self._widest(number) for number in range(len(least))], least, room))
            return
        if self.title:
            yield self.title
        for row in self.cells:
            yield from self._lines(row, options.max_width)

    def _column(self, number: int) -> Iterator[Text]:
        yield Text(self.columns[number])
        yield from (row[number] for row in self.cells)

    def _least(self, number: int) -> int:
        """The columns of the terminal that a column needs."""
        widest = self._widest(number)
        if number in self.folds:
            return min(widest, self.folds[number])
        if self.folds or number != len(self.columns) - 1:
            return widest
        return min(widest, max(LEAST, *(longest_word(cell) for cell in self._column(number))))

    def _widest(self, number: int) -> int:
        return max(cell.cell_len for cell in self._column(number))

    def _table(self, widths: Sequence[int]) -> Table:
        """Every width is set here: rich takes from columns without looking at what they need at least."""
        table = Table(title=self.title, title_justify="left", box=None, pad_edge=False, show_header=any(self.columns))
        folds = self.folds or {len(self.columns) - 1: LEAST}
        for number, name in enumerate(self.columns):
            justify, whole = "right" if number in self.right else "left", number not in folds
            table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=whole, width=widths[number])  # type: ignore[arg-type]
        for row in self.cells:
            table.add_row(*row)
        return table

    def _lines(self, row: Sequence[Text], width: int) -> Iterator[RenderableType]:
        cells = [self._named(number, cell) for number, cell in enumerate(row)]
        yield whole(Text("  ").join(cell for cell in cells[: self.heading] if cell.plain))
        rest = [(number, cell) for number, cell in enumerate(cells) if number >= self.heading and cell.plain]
        short = [cell for number, cell in rest if self._is_short(number, cell)]
        for line in _packed(short, width - self.indent):
            yield whole(Text(" " * self.indent) + line)
        for number, cell in rest:
            if not self._is_short(number, cell):
                yield Padding(cell, (0, 0, 0, self.indent), expand=False)

    def _named(self, number: int, cell: Text) -> Text:
        """A figure with the name of its column: without that it says nothing."""
        named = number in self.right and cell.plain and self.columns[number]
        return Text(f"{self.columns[number]} ") + cell if named else cell

    def _is_short(self, number: int, cell: Text) -> bool:
        """A figure or a name, which is left whole; anything else is prose, which is broken.

        Not every script has spaces: what stands in a column that folds is prose without them, too.
        """
        return number in self.right or (number not in self.folds and " " not in cell.plain)


@dataclass(frozen=True)
class Card:
    """Names and values in a frame; what is copied and does not fit into it follows below, and what has such a word."""

    title: Text
    rows: Sequence[tuple[Text, Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - FRAME - GAP - max((name.cell_len for name, _ in self.rows), default=0)
        below = [row for row in self.rows if _breaks(row[1], room)]
        body = Table.grid(padding=(0, GAP))
        body.add_column(no_wrap=True)
        body.add_column(overflow="fold")
        for name, value in self.rows:
            if all(name is not each for each, _ in below):
                body.add_row(name, value)
        yield (
            Panel(body, title=self.title, title_align="left", expand=False, padding=(0, 1)) if body.rows else self.title
        )
        for name, value in below:
            yield name
            yield whole(value) if COPIED.fullmatch(value.plain) else value


def _breaks(value: Text, room: int) -> bool:
    """Whether something that is copied, or a name within prose, would be broken in so many columns."""
    return value.cell_len > room and (COPIED.fullmatch(value.plain) is not None or longest_word(value) > room)


def whole(text: Text) -> Text:
    """`text` on one line, however long; a copy, for in a wider terminal the text itself is shown as it was."""
    text = text.copy()
    text.no_wrap, text.overflow = True, "ignore"
    return text


def _shared(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """What each column gets: its least, and of what is left an equal part until it has what it wants."""
    widths, left = list(least), room - sum(least)
    waiting = sorted(range(len(widths)), key=lambda number: wanted[number] - least[number])
    for before, number in enumerate(waiting):
        more = min(wanted[number] - least[number], left // (len(waiting) - before))
        widths[number] += more
        left -= more
    return widths


def _packed(parts: Sequence[Text], width: int) -> list[Text]:
    """As many parts on a line as fit."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + len(" · ") + part.cell_len <= width:
            lines[-1] = lines[-1] + Text(" · ", style="dim") + part
        else:
            lines.append(part)
    return lines


def longest_word(cell: Text) -> int:
    return max((Text(word).cell_len for word in cell.plain.split()), default=0)
