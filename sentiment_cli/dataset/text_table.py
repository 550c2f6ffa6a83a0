"""What all tables in text files share: an encoding, judged by the whole file before its rows are read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sentiment_cli.dataset import encoding
from sentiment_cli.dataset.encoding import Encoding
from sentiment_cli.dataset.source import Source
from sentiment_cli.dataset.table import Table, Trouble


@dataclass(frozen=True)
class TextTable(Table):
    """A table whose rows are lines; `known` is how they are encoded."""

    known: Encoding

    def settled(self) -> Table:
        """See `Table.settled`: one stray byte may come at the very end."""
        known = encoding.scan(self.source)
        return replace(self, known=known, encoding=known.title)

    def lines(self, trouble: Trouble) -> Iterator[str]:
        """All lines with their line ends; stray bytes are mended, and told to `trouble`."""
        lines = self.source.lines(self.known.codec, self.known.errors)
        return encoding.repaired(lines, trouble.repair) if self.known.mixed else lines


def sample_text(source: Source, known: Encoding) -> str:
    """The first part of a file as text, cut at the end of a line if more follows."""
    text = codecs.getincrementaldecoder(known.codec)("replace").decode(source.head)
    return text if source.whole else text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def glimpses(source: Source, known: Encoding) -> Iterator[str]:
    """Some lines from further on, for a file is often sorted by label."""
    if known.codec in ("utf-8", "utf-8-sig", "cp1252"):
        yield from (block.decode(known.codec, "replace") for block in source.glimpses())


def nothing(line: int, reason: str) -> None:
    """A sample passes over what cannot be read; the reading of all rows counts it."""
