"""What was taken for the text and the label of each row, and on whose word, in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sentiment_cli.dataset.labels import POLARITY, Classes, plain
from sentiment_cli.dataset.table import Table

LOOKED = "found by looking"
_NAMED = 6  # labels; of more the rest is counted


def taken(table: Table, text: int, label: int, classes: Classes, sources: Mapping[str, str]) -> str:
    """`Reading a.csv: text from "tweet" (flag), label from "mood" (flag): 4 positive, 0 negative (found by looking)`.

    `text` and `label` are indices of columns, `sources` says where a parameter of `read` came from; what is not in it
    was found by looking.
    """
    where = [sources.get(key, LOOKED) for key in ("text_column", "label_column")]
    meaning = sources.get("positive") or sources.get("negative") or LOOKED
    texts, labels, means = _column(table, text), _column(table, label), _means(classes)
    if {*where, meaning} == {LOOKED}:
        told = f"text from {texts}, label from {labels} ({means}), all {LOOKED}"
    else:
        told = f"text from {texts} ({where[0]}), label from {labels} ({where[1]}): {means} ({meaning})"
    return f"Reading {table.source.name}: {told}"


def _column(table: Table, index: int) -> str:
    return f"column {index + 1}" if table.header is None else f'"{table.columns[index]}"'


def _means(classes: Classes) -> str:
    if not classes.names:
        return "without any label"
    if classes.names != POLARITY:
        return f"{_listed(classes.names)} {'keeps its name' if len(classes.names) == 1 else 'keep their names'}"
    return ", ".join(_side(classes, name) for name in reversed(POLARITY))


def _side(classes: Classes, name: str) -> str:
    """`4 and 5 positive`; only `positive` where that is what the file says."""
    values = sorted({plain(value) for value, index in classes.index.items() if classes.names[index] == name})
    said = name.lower()
    return said if values == [said] else f"{_listed(values)} {said}"


def _listed(values: Sequence[str]) -> str:
    shown, more = list(values[:_NAMED]), len(values) - _NAMED
    last = f"{more} more" if more > 0 else shown.pop() if len(shown) > 1 else ""
    return ", ".join(shown) + (f" and {last}" if last else "")
