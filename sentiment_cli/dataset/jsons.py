"""Rows of JSON: one object a line, or one array of objects; a line that is no object is named with the reason."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from sentiment_cli.dataset.source import LONGEST_LINE
from sentiment_cli.errors import InputError

Bad = Callable[[int, str], None]
_BETWEEN = re.compile(r"[\s,]*")
_LONE = re.compile("[\ud800-\udfff]")
_BLOCK = 1 << 16


def is_lines(sample: str) -> bool:
    """Most lines begin an object, and one at least is one."""
    lines = [line for line in io.StringIO(sample) if line.strip()]
    begun = [line for line in lines if line.lstrip().startswith("{")]
    return len(begun) * 2 > len(lines) and any(isinstance(_tolerant(line), dict) for line in begun[:20])


def is_array(sample: str) -> bool:
    """An array that begins with an object."""
    return re.match(r"\s*\[\s*\{", sample) is not None


def is_single(sample: str) -> bool:
    """One object written over many lines."""
    return re.match(r'\s*\{\s*\r?\n\s*"', sample) is not None


def from_lines(lines: Iterator[str], bad: Bad) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) for every line that holds one; blank lines are left out."""
    import orjson

    for number, line in enumerate(lines, 1):
        try:
            value = orjson.loads(line)
        except ValueError:
            if not line.strip():
                continue
            value = _tolerant(line)
        if isinstance(value, dict):
            yield number, value
        else:
            bad(number, str(value) if isinstance(value, ValueError) else "not a JSON object")


def from_array(lines: Iterator[str], bad: Bad) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) for every object of the array; InputError where it stops being JSON."""
    decoder, blocks, number = json.JSONDecoder(), _blocks(lines), 1
    opening, bracket, text = next(blocks, "").partition("[")
    if not bracket or opening.strip():
        raise _broken_array(number)
    number += opening.count("\n")
    while True:
        start = _BETWEEN.match(text).end()  # type: ignore[union-attr]
        number += text.count("\n", 0, start)
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            more = next(blocks, "") if len(text) < LONGEST_LINE else ""
            if more:
                text = text[start:] + more
                continue
            if text[start:].strip() == "]":
                return
            raise _broken_array(number) from None
        if isinstance(value, dict):
            yield number, _whole(value)
        else:
            bad(number, "not a JSON object")
        number += text.count("\n", start, end)
        text = text[end:]


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    gathered: list[str] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield "".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield "".join(gathered)


def _tolerant(line: str) -> Any:
    """The value of a line as the standard library's more tolerant parser has it, or the error."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return ValueError(f"not valid JSON: {error.msg} (column {error.colno})")
    except (ValueError, RecursionError) as error:
        return ValueError(f"not valid JSON: {error}")
    return _whole(value) if isinstance(value, dict) else value


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """JSON may escape half of a character pair, which no encoding can write again."""
    return {key: _LONE.sub("\ufffd", value) if isinstance(value, str) else value for key, value in row.items()}


def _broken_array(number: int) -> InputError:
    return InputError(
        f"The JSON array stops being valid JSON near line {number}.",
        "What follows a broken element of an array cannot be told apart.",
        "Correct it there, or write JSON Lines (one object a line), where one broken line costs one row.",
        code="broken-json",
    )
