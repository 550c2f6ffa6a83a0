"""Tables in JSON: one object a line (JSON Lines), or one array of objects; the keys are the columns."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sentiment_cli.dataset import jsons
from sentiment_cli.dataset.encoding import Encoding
from sentiment_cli.dataset.source import Source
from sentiment_cli.dataset.table import SAMPLE_ROWS, Table, Trouble, as_label
from sentiment_cli.dataset.text_table import TextTable, glimpses, nothing
from sentiment_cli.errors import InputError

_PARSERS = {"jsonl": jsons.from_lines, "json": jsons.from_array}
_TITLES = {"jsonl": "JSON Lines", "json": "a JSON array"}


@dataclass(frozen=True)
class JsonTable(TextTable):
    """Objects whose keys are the columns."""

    def rows(self, text: int, label: int, trouble: Trouble) -> Iterator[tuple[int, str | None, str | None]]:
        """See `Table.rows`."""
        text_key, label_key = self.columns[text], self.columns[label]
        for line, row in _PARSERS[self.format](self.lines(trouble), trouble.bad):
            value = row.get(text_key)
            if text_key not in row or label_key not in row:
                trouble.bad(line, f"no {text_key if text_key not in row else label_key!r}")
            elif value is None or isinstance(value, str):
                yield line, value, as_label(row[label_key])
            else:
                trouble.bad(line, f"{text_key!r} is not a text")


def json_table(source: Source, text: str, known: Encoding, form: str) -> Table:
    """The table in JSON Lines ("jsonl") or a JSON array ("json") of which `text` is the first part."""
    found = _sample(source, text, form)
    if form == "jsonl":
        for block in glimpses(source, known):
            found += [row for _, row in jsons.from_lines(io.StringIO(block), nothing)]
    names = tuple(dict.fromkeys(key for row in found for key in row))
    rows = [tuple(as_label(row.get(name)) for name in names) for row in found]
    return JsonTable(source, form, _TITLES[form], known.title, None, names, names, rows, known)


def _sample(source: Source, text: str, form: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    try:
        for _, row in islice(_PARSERS[form](io.StringIO(text, newline=""), nothing), SAMPLE_ROWS):
            found.append(row)
    except InputError:
        if source.whole or not found:
            raise
    if not found:
        raise InputError(
            f"Cannot read {source.path} as {_TITLES[form]}.",
            "No object with a text and a label is in its first part.",
            "Leave `--format` out to have the format recognised.",
            code="wrong-format",
        )
    return found
