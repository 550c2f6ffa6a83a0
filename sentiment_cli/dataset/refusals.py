"""The reasons why rows that can be read still cannot be trained on, each with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sentiment_cli.dataset import columns, labels
from sentiment_cli.dataset.table import Table, Trouble
from sentiment_cli.errors import InputError

TOLERATED = 0.01


def no_column(table: Table, kind: str) -> InputError:
    """No column looks like texts, or like labels."""
    fix = f"Name it with `--{kind}-column`."
    if len(table.columns) < 2:
        fix = "Each row needs a text and a label, in two columns."
    return InputError(
        f"Cannot tell which column of {table.source.path} holds the {kind}s.",
        f"It was read as {table.title}, with the columns {_columns(table)}.",
        fix,
        code=f"no-{kind}-column",
    )


def same_column(table: Table, index: int) -> InputError:
    """One column for both."""
    return InputError(
        f"Texts and labels cannot both be in the column {table.columns[index]!r}.",
        f"The columns are {_columns(table)}.",
        "Give two different columns with `--text-column` and `--label-column`.",
        code="same-column",
    )


def refuse_wrong_label_column(table: Table, label: int, counts: Mapping[str, int]) -> None:
    """Raises InputError if the values are too many to be labels."""
    distinct = len({labels.plain(value) for value in counts})
    rows = sum(counts.values())
    if distinct > labels.MOST_CLASSES or (rows > labels.FEWEST_ROWS and distinct > max(2, rows // 2)):
        raise wrong_label_column(table, label, distinct)


def wrong_label_column(table: Table, label: int, distinct: int) -> InputError:
    """A column with next to no repeated values."""
    return InputError(
        f"The column {table.columns[label]!r} does not hold labels.",
        f"It has {distinct:,} different values or more. The columns are {_columns(table)}.",
        "Name the column of the labels with `--label-column`.",
        code="wrong-label-column",
    )


def refuse_malformed(table: Table, trouble: Trouble, rows: int) -> None:
    """Raises InputError if 1 % or more of all `rows` are malformed."""
    if trouble.malformed < TOLERATED * rows or not trouble.malformed:
        return
    unit = "row" if table.format == "parquet" else "line"
    named = "; ".join(f"{unit} {bad.line}: {bad.reason}" for bad in trouble.first)
    raise InputError(
        f"Too many rows of {table.source.path} are malformed: {trouble.malformed:,} of {rows:,}.",
        f"It was read as {table.title}. The first: {named}.",
        "Correct these rows: a text with a delimiter, quote or line end in it needs quotes around it.",
        code="malformed-rows",
    )


def refuse_classes(table: Table, names: Sequence[str], counts: Sequence[int]) -> None:
    """Raises InputError if there are not two classes with enough rows each."""
    filled = [name for name, count in zip(names, counts, strict=True) if count]
    if len(filled) < 2:
        raise InputError(
            f"Cannot train on {table.source.path}: "
            + (f"all rows have one label, {filled[0]}." if filled else "it has no usable rows."),
            "A model learns to tell labels apart and needs at least two.",
            "If this is the first part of a file sorted by label, use all of that; else check `--label-column`.",
            code="one-class" if filled else "no-rows",
        )
    scarce = [f"{name} has {count}" for name, count in zip(names, counts, strict=True) if count < labels.FEWEST_ROWS]
    if scarce:
        raise InputError(
            f"Cannot train on {table.source.path}: a label has too few rows.",
            f"{', '.join(scarce)}; each needs at least {labels.FEWEST_ROWS}.",
            "Add such rows, correct misspelt labels, or choose two labels with `--positive` and `--negative`.",
            code="too-few-rows",
        )


def refuse_limit(names: Sequence[str], counts: Sequence[int], limit: int | None) -> None:
    """Raises InputError if the part that was asked for leaves a class too few rows."""
    scarce = [f"{name} {count}" for name, count in zip(names, counts, strict=True) if count < labels.FEWEST_ROWS]
    if limit is not None and scarce:
        raise InputError(
            f"A limit of {limit:,} leaves too few rows for a label.",
            f"In proportion it leaves {', '.join(scarce)}; each label needs at least {labels.FEWEST_ROWS}.",
            "Raise `--limit`, or leave it out.",
            code="limit-too-low",
        )


def limit_too_low(limit: int) -> InputError:
    """Not even the smallest data set."""
    least = 2 * labels.FEWEST_ROWS
    return InputError(
        f"A limit of {limit:,} rows is too low.",
        f"Training needs at least two labels with {labels.FEWEST_ROWS} rows each.",
        f"Give `--limit` {least} or more, or leave it out.",
        code="limit-too-low",
    )


def _columns(table: Table) -> str:
    return columns.described(table.columns, table.sample)
