"""From a path to a table: tells the format by the content, unless it is named; refuses what is no table of texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sentiment_cli.dataset import encoding, jsons, kinds, parquet
from sentiment_cli.dataset.delimited_table import delimited_table
from sentiment_cli.dataset.json_table import json_table
from sentiment_cli.dataset.source import Source
from sentiment_cli.dataset.table import FORMATS, Table
from sentiment_cli.dataset.text_table import sample_text
from sentiment_cli.errors import InputError


def open_table(path: Path, form: str | None, wanted: Sequence[str] = ()) -> Table:
    """The structure of the file at `path`, judged by its first part; `wanted` are column names the user gave."""
    if form is not None and form not in FORMATS:
        raise InputError(
            f"There is no format {form!r}.",
            f"Known formats are {', '.join(FORMATS)}.",
            "Give one of these, or leave `--format` out to have the format recognised.",
            code="no-such-format",
        )
    source = Source(path)
    if form == "parquet" or (form is None and source.head.startswith(parquet.MAGIC)):
        return parquet.parquet_table(source)
    kinds.refuse_foreign(source)
    known = encoding.guess(source.head)
    text = sample_text(source, known)
    form = form or _json_form(source, text)
    if form in ("json", "jsonl"):
        return json_table(source, text, known, form)
    return delimited_table(source, text, known, form, wanted)


def _json_form(source: Source, text: str) -> str | None:
    if jsons.is_lines(text):
        return "jsonl"
    if jsons.is_array(text):
        return "json"
    if jsons.is_single(text):
        raise InputError(
            f"Cannot read {source.path}: it is one JSON object written over many lines.",
            "Rows are read from JSON Lines (one object a line) or from an array of objects.",
            "Write the rows as JSON Lines; with pandas: `frame.to_json(path, orient='records', lines=True)`.",
            code="unknown-format",
        )
    return None
