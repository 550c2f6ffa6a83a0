"""Texts in and labels out, as JSON, JSON Lines or CSV; it refuses what it cannot read by naming the row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import falcon
import orjson

from server_image.problems import Problem, not_readable, too_large, unsupported
from server_image.settings import Limits

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
_NAMES = {
    JSON: JSON,
    JSON_LINES: JSON_LINES,
    "application/jsonl": JSON_LINES,
    "application/x-ndjson": JSON_LINES,
    "application/x-jsonlines": JSON_LINES,
    CSV: CSV,
}
_CHARSETS = ("utf-8", "utf8", "us-ascii")


class Batch(NamedTuple):
    """The texts of one request, in order, and whether each label is to be explained."""

    texts: list[str]
    explain: bool = False


@lru_cache(maxsize=64)
def media_type_of(content_type: str | None) -> str:
    """JSON, JSON_LINES or CSV; JSON where the header is absent or empty. Raises Problem 415."""
    if not content_type or not content_type.strip():
        return JSON
    name, parameters = falcon.parse_header(content_type)
    media_type = _NAMES.get(name.strip().lower())
    if media_type is None:
        raise unsupported("media-type", f"Send {JSON}, {JSON_LINES} or {CSV}, and say so in Content-Type.")
    charset = parameters.get("charset", "utf-8").lower()
    if charset not in _CHARSETS:
        raise unsupported("charset", "Send UTF-8.")
    return media_type


@lru_cache(maxsize=64)
def answer_type(accept: str | None, sent: str) -> str:
    """The media type of the answer: what `Accept` prefers, else the type that was sent.

    An Accept header that names nothing we have, or means nothing at all, counts as */*: SageMaker's own clients send
    such headers, and an answer with a clear Content-Type serves them better than 406.
    """
    if not accept:
        return sent
    candidates = [sent, *(name for name in _NAMES if _NAMES[name] != sent)]
    try:
        return _NAMES.get(falcon.mediatypes.best_match(candidates, accept), sent)
    except ValueError:
        return sent


def read(body: bytes, media_type: str, limits: Limits) -> Batch:
    """Raises Problem 400 or 413; the size of `body` has been checked before."""
    batch = _READERS[media_type](body.removeprefix(b"\xef\xbb\xbf"), limits)
    if len(batch.texts) > limits.rows:
        raise too_large("rows", f"{len(batch.texts):,} texts; at most {limits.rows:,} fit in one request.")
    if max(map(len, batch.texts), default=0) > limits.text:
        row = next(row for row, text in enumerate(batch.texts) if len(text) > limits.text)
        raise _text_too_long(row, limits)
    return batch


def write(rows: Sequence[dict[str, Any]], media_type: str) -> bytes:
    """`rows` hold label, score and, where asked for, explanation (which CSV leaves out)."""
    if media_type == JSON:
        return orjson.dumps({"output": rows})
    if media_type == JSON_LINES:
        return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows((row["label"], row["score"]) for row in rows)
    return out.getvalue().encode()


def _read_json(body: bytes, _limits: Limits) -> Batch:
    request = _parse(body, None)
    if not isinstance(request, dict):
        raise not_readable("shape", f'The body is {_kind(request)}; send {{"input": [{{"text": "..."}}]}}.')
    rows = request.get("input")
    if not isinstance(rows, list):
        found = f'"input" is {_kind(rows)}' if "input" in request else '"input" is missing'
        raise not_readable("shape", f'{found}; it must be a list of {{"text": "..."}} objects.')
    explain = request.get("explain", False)
    if not isinstance(explain, bool):
        raise not_readable("shape", f'"explain" is {_kind(explain)}; it must be true or false.')
    return Batch(_texts(rows), explain)


def _read_json_lines(body: bytes, _limits: Limits) -> Batch:
    lines = (line for line in body.split(b"\n") if line.strip())
    rows: list[Any] = []
    try:
        for index, line in enumerate(lines):
            rows.append(_parse(line, index))
    except Problem:
        _texts(rows)  # of two lines that are wrong it is the first that is told
        raise
    return Batch(_texts(rows))


def _read_csv(body: bytes, limits: Limits) -> Batch:
    """One text a record, quoted where it holds commas, quotes or line ends; a first record `text` is a header."""
    try:
        content = body.decode()
    except UnicodeDecodeError as error:
        raise not_readable("encoding", f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    texts: list[str] = []
    csv.field_size_limit(max(limits.text + 1, 131_072))
    try:
        _take(csv.reader(io.StringIO(content, newline=""), strict=True), texts)
    except csv.Error as error:
        if "field limit" in str(error):
            raise _text_too_long(len(texts), limits) from None
        raise not_readable("csv", f"Not proper CSV: {error}.", len(texts)) from None
    return Batch(texts)


def _take(records: Iterable[list[str]], texts: list[str]) -> None:
    """Add the text of each record but a header to `texts`, so that the next one's number is how many there are."""
    for number, fields in enumerate(records):
        if len(fields) > 1:
            detail = f"{len(fields)} fields; a record is one text: put it in double quotes if it holds a comma."
            raise not_readable("csv", detail, len(texts))
        # An empty line is an empty text, so that answers stay line by line beside what was sent.
        text = fields[0] if fields else ""
        if number or text.strip().lower() != "text":
            texts.append(text)


_get_text = itemgetter("text")
_READERS: dict[str, Callable[[bytes, Limits], Batch]] = {
    JSON: _read_json,
    JSON_LINES: _read_json_lines,
    CSV: _read_csv,
}


def _parse(document: bytes, row: int | None) -> Any:
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as error:
        # The parser's own message can quote nothing of the body; it names the place.
        raise not_readable("not-json", f"Not JSON: {error}.", row) from None


def _texts(rows: Sequence[Any]) -> list[str]:
    try:
        texts = [*map(_get_text, rows)]  # of what JSON knows, only an object lets itself be asked by name
    except (TypeError, KeyError):
        texts = []
    if len(texts) == len(rows) and {*map(type, texts)} <= {str}:
        return texts
    return [_text(row, index) for index, row in enumerate(rows)]


def _text(row: Any, index: int) -> str:
    if type(row) is dict:
        text = row.get("text")
        if type(text) is str:
            return text
        found = f'"text" is {_kind(text)}' if "text" in row else '"text" is missing'
        raise not_readable("row", f"{found}; it must be a string.", index)
    raise not_readable("row", f'The row is {_kind(row)}; it must be an object: {{"text": "..."}}.', index)


def _text_too_long(row: int, limits: Limits) -> Exception:
    return too_large("text", f"The text is longer than {limits.text:,} characters.", row)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names: Sequence[tuple[type, str]] = ((bool, "true or false"), (dict, "an object"), (list, "a list"))
    for kind, name in names:
        if isinstance(value, kind):
            return name
    return "a string" if isinstance(value, str) else "a number"
