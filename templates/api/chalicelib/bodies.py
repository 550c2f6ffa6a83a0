"""Request bodies, checked before they cost an invocation."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from chalicelib import settings
from chalicelib.problems import Problem


def texts_of(raw: bytes) -> tuple[list[str], bool]:
    """(texts, whether an explanation is wanted) of a request body. Raises Problem with 400 or 413."""
    if len(raw) > settings.MAX_BODY_BYTES:
        raise Problem(413, f"The body has {len(raw):,} bytes; at most {settings.MAX_BODY_BYTES:,} are taken.")
    rows = _parsed(raw)
    explain = rows.get("explain", False)
    if not isinstance(explain, bool):
        raise Problem(400, '"explain" must be true or false.')
    items = rows.get("input")
    if not isinstance(items, list):
        raise Problem(400, 'The body must be {"input": [{"text": "..."}, ...]}.')
    if len(items) > settings.MAX_ROWS:
        raise Problem(413, f"The body has {len(items):,} rows; at most {settings.MAX_ROWS:,} are taken.")
    return [_text(item, row) for row, item in enumerate(items)], explain


def refuse_coding(headers: Mapping[str, str]) -> None:
    """Raises Problem with 415 for a compressed body: none is unpacked here, for it may hold any amount."""
    if (headers.get("content-encoding") or "identity").strip().lower() != "identity":
        raise Problem(415, "Send the body as it is: no Content-Encoding is read here.")


def _parsed(raw: bytes) -> dict[str, Any]:
    """As strict as the container: UTF-8, every number within what a float holds, no half characters anywhere."""
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_int=_whole, parse_float=_finite, parse_constant=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, OverflowError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise Problem(400, "The body must be a JSON object.")
    return value


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError(number)
    return value


def _whole(number: str) -> int:
    _finite(number)
    return int(number)


def _text(item: Any, row: int) -> str:
    text = item.get("text") if isinstance(item, dict) else None
    if not isinstance(text, str):
        raise Problem(400, 'Each row must be an object with a string "text".', row)
    if len(text) > settings.MAX_TEXT_CHARACTERS:
        raise Problem(413, f"A text may have at most {settings.MAX_TEXT_CHARACTERS:,} characters.", row)
    return text
