"""Makes the reading of flags quick: Typer has pydantic read every value, which costs as much as boto3 does.

A text is one already, and a flag that was not given has no value; what is more than that, pydantic reads as ever. Two
things that Typer lets pass are refused: nothing as a flag's value, as a variable that is not set leaves it, where that
has no meaning; and numbers without end.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

MAY_BE_EMPTY = {"positive", "negative"}  # no label is named: the question's "Neither", and over what the file names
EMPTY = "It is empty."
UNBOUNDED = "That is no number to reckon with."


def load() -> None:
    """Let Typer read texts and paths without pydantic. A Typer that is made otherwise stays as it is."""
    core, types = sys.modules.get("typer.core"), sys.modules.get("typer._param_types")
    theirs, to_path = getattr(core, "build_runtime_param", None), getattr(types, "coerce_cli_path", None)
    if core is None or theirs is None or to_path is None or isinstance(theirs, _Reading):
        return
    core.build_runtime_param = _Reading(theirs, to_path, sys.modules["typer"].BadParameter)  # type: ignore[attr-defined]


class _Reading:
    """Stands in for Typer's own function, which makes of a flag's description what reads its value."""

    def __init__(self, theirs: Any, to_path: Any, refusal: Any) -> None:
        self.theirs, self.to_path, self.refusal = theirs, to_path, refusal

    def __call__(self, descriptor: Any) -> Any:
        return _Value(self, descriptor)


class _Value:
    """Reads the value of one flag."""

    def __init__(self, reading: _Reading, descriptor: Any) -> None:
        self._reading, self._descriptor = reading, descriptor

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        kind, info = self._descriptor.annotation, self._descriptor.parameter_info
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        if value == "" and param.name not in MAY_BE_EMPTY and self._is_typed(param, ctx):
            raise self._refusal(EMPTY, value, param, ctx)
        if info.parser is None and not several and param.nargs == 1:
            if kind is str and isinstance(value, str):
                return value
            if kind is Path and info.path_type is None and isinstance(value, (str, Path)):
                return self._reading.to_path(Path(value), info, path_type=Path, param=param, ctx=ctx)
        read = self._reading.theirs(self._descriptor).coerce(value, param=param, ctx=ctx)
        if isinstance(read, float) and not math.isfinite(read):  # no bound of a flag catches them all
            raise self._refusal(UNBOUNDED, value, param, ctx)
        return read

    def _is_typed(self, param: Any, ctx: Any) -> bool:
        return getattr(ctx.get_parameter_source(param.name), "name", "") == "COMMANDLINE"

    def _refusal(self, why: str, value: Any, param: Any, ctx: Any) -> Any:
        error = self._reading.refusal(why, ctx=ctx, param=param)
        error.given = value  # for the message
        return error
