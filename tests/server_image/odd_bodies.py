"""Generators of bodies for /invocations, good and odd; a good one knows the texts that must get a label each."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

JSON, JSON_LINES, CSV = MEDIA_TYPES = ("application/json", "application/jsonlines", "text/csv")
MAX_ROWS, MAX_TEXT, MAX_BODY = 40, 400, 30_000
"""Limits to give the server, so that small requests can cross them."""


@dataclass(frozen=True)
class Body:
    """What is sent to be scored. `texts` are known where the body is good."""

    content: bytes
    media_type: str
    texts: tuple[str, ...] | None = None
    explain: bool = False


_PHRASES = ("I love it", "what an awful day :(", "not good", "@you http://t.co/a #great", "", " ", "text", "😀👍🏽")
_NASTY = (
    "\0",
    "\r\n",
    '"',
    ",",
    "\\",
    "\u2028",
    "\ufeff",
    "\U000e0001",
    "İ",
    "a\u0300" * 20,
    "ﬀ",
    "\u202eabc",
    "{{7}}",
)
texts = st.one_of(
    st.sampled_from(_PHRASES),
    st.text(max_size=30),
    st.lists(st.sampled_from(_PHRASES + _NASTY), max_size=6).map("".join),
)
_numbers = st.integers() | st.sampled_from((10**400, -(10**40))) | st.floats()
_values = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
_several_texts = st.lists(texts, max_size=8)
_extras = st.sampled_from(({}, {}, {"id": 1}, {"explain": False}, {"a": [{}]}))
_marks = st.sampled_from((b"", b"", b"", b"\xef\xbb\xbf"))
"""A byte order mark, which programs on Windows write."""


@st.composite
def good_bodies(draw: st.DrawFn) -> Body:
    """A proper batch in one of the three media types, as differently as it may be written."""
    media_type, sent = draw(st.sampled_from(MEDIA_TYPES)), draw(_several_texts)
    if media_type == CSV:
        content, explain = draw(_csv(sent)), False
    else:
        rows = [{"text": text} | draw(_extras) for text in sent]
        content, explain = draw(_json(rows) if media_type == JSON else _json_lines(rows))
    return Body(draw(_marks) + content.encode(), media_type, tuple(sent), explain)


@st.composite
def _csv(draw: st.DrawFn, sent: list[str]) -> str:
    header = draw(st.booleans()) or (bool(sent) and sent[0].strip().lower() == "text")
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=draw(st.sampled_from(("\n", "\r\n"))))
    writer.writerows([["text"]] * header + [[text] for text in sent])
    return out.getvalue()


@st.composite
def _json(draw: st.DrawFn, rows: list[Any]) -> tuple[str, bool]:
    explain = draw(st.sampled_from((None, False, True)))
    whole = {"input": rows} if explain is None else {"explain": explain, "input": rows}
    indent, ascii_only = draw(st.sampled_from((None, 1, "\t"))), draw(st.booleans())
    return json.dumps(whole, indent=indent, ensure_ascii=ascii_only), bool(explain)


@st.composite
def _json_lines(draw: st.DrawFn, rows: list[Any]) -> tuple[str, bool]:
    end, ascii_only = draw(st.sampled_from(("\n", "\r\n", "\n\n", " \n"))), draw(st.booleans())
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    return end.join(lines) + draw(st.sampled_from(("", "\n"))), False


_SCRAPS = (
    *(
        b'{"input":[',
        b'{"text":',
        b'"text"',
        b'"love"',
        b"}",
        b"]",
        b"]}",
        b"[",
        b"{",
        b",",
        b":",
        b"\n",
        b"\r",
        b"\r\n",
    ),
    *(
        b'"',
        b'""',
        b"\\",
        b"\\u",
        b"\\ud800",
        b"\\udc00\\ud800",
        b"\\u0000",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
    ),
    *(b"NaN", b"Infinity", b"-", b"1e999", b"-0", b"0123", b"9" * 500, b"true", b"null", b" ", b"\x1f\x8b\x08", b"'"),
    *(b"//", b"\xe2\x80\xa8", b"\xef\xbb\xbf"),
)
_scraps = st.sampled_from(_SCRAPS) | st.binary(max_size=4)
_media_types = st.sampled_from(MEDIA_TYPES)


@st.composite
def damaged(draw: st.DrawFn) -> Body:
    """A good body with a few bytes put in, taken out or changed."""
    good = draw(good_bodies())
    content = bytearray(good.content)
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 3))] = draw(_scraps)
    return Body(bytes(content), draw(st.sampled_from((good.media_type, *MEDIA_TYPES))))


@st.composite
def misshapen(draw: st.DrawFn) -> Body:
    """JSON, but of another shape than is asked for."""
    row = _values | st.fixed_dictionaries({"text": _values | texts})
    rows = _values | st.lists(row, max_size=4)
    whole = _values | st.fixed_dictionaries({"input": rows}, optional={"explain": _values})
    documents = draw(st.lists(whole, min_size=1, max_size=3))
    return Body("\n".join(map(json.dumps, documents)).encode(), draw(_media_types))


@st.composite
def around_the_limits(draw: st.DrawFn) -> Body:
    """Just below or above what is allowed, and deeper than any document is."""
    media_type = draw(_media_types)
    row = {JSON: b'{"text":"%s"}', JSON_LINES: b'{"text":"%s"}', CSV: b"%s"}[media_type]
    several = [row % b"a"] * draw(st.integers(MAX_ROWS - 1, MAX_ROWS + 1))
    long = [row % (b"a" * draw(st.integers(MAX_TEXT - 1, MAX_TEXT + 1)))]
    rows = draw(st.sampled_from((several, long)))
    content = b'{"input":[' + b",".join(rows) + b"]}" if media_type == JSON else b"\n".join(rows)
    padding = draw(st.sampled_from((0, 0, MAX_BODY - len(content), MAX_BODY + 1 - len(content))))
    deep = b"[" * draw(st.sampled_from((500, 1024, 5000)))
    return Body(draw(st.sampled_from((content + b" " * padding, deep, deep + b"]" * len(deep)))), media_type)


@st.composite
def recoded(draw: st.DrawFn) -> Body:
    """A good body in another encoding than UTF-8."""
    good = draw(good_bodies())
    coding = draw(st.sampled_from(("utf-16", "utf-32-le", "utf-7", "latin-1", "cp037")))
    return Body(good.content.decode("utf-8-sig").encode(coding, "replace"), good.media_type)


_in_scraps = st.builds(Body, st.lists(_scraps, max_size=20).map(b"".join), _media_types)
odd_bodies = st.one_of(damaged(), misshapen(), _in_scraps, around_the_limits(), recoded())
bodies = good_bodies() | odd_bodies
