"""What a value may be, in plain words: "a whole number from 1", "one of realtime, serverless"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LONGEST = 40  # characters of a wrong value that are shown


def number(
    *, whole: bool, ge: float | None = None, gt: float | None = None, le: float | None = None, lt: float | None = None
) -> str:
    """A number within bounds, named as msgspec does: greater or equal, greater than, less or equal, less than."""
    low = f"from {_plain(ge)}" if ge is not None else f"above {_plain(gt)}" if gt is not None else ""
    high = f"to {_plain(le)}" if le is not None else f"below {_plain(lt)}" if lt is not None else ""
    parted = " and " if low and high and not (low.startswith("from") and high.startswith("to")) else " "
    return f"a {'whole ' if whole else ''}number {low}{parted}{high}".rstrip()


def _plain(bound: float) -> str:
    """0, 0.001 or 60000: a number as people write it."""
    return f"{bound:.10g}"


def one_of(values: Sequence[Any]) -> str:
    """A choice; of a single value, that."""
    return f"{'one of ' if len(values) > 1 else ''}{', '.join(str(each) for each in values)}"


def setting(kind: Any) -> str:
    """What a field of a settings file takes; `kind` is the field's type as `msgspec.inspect` gives it."""
    from msgspec import inspect

    match kind:
        case inspect.Metadata():
            return setting(kind.type)
        case inspect.UnionType():
            return ", or ".join(setting(each) for each in kind.types if not isinstance(each, inspect.NoneType))
        case inspect.IntType() | inspect.FloatType():
            whole = isinstance(kind, inspect.IntType)
            return number(whole=whole, ge=kind.ge, gt=kind.gt, le=kind.le, lt=kind.lt)
        case inspect.LiteralType():
            return one_of([shown(each) for each in kind.values])
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "a text in quotes"
        case inspect.TupleType():
            return f"a list of {len(kind.item_types)}, each {setting(kind.item_types[0])}"
        case inspect.VarTupleType():
            return f"a list, each {setting(kind.item_type)}"
    return "a table with keys of its own"


def shown(value: Any) -> str:
    """A value as it stands in a settings file, and no more of it than tells which is meant."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
