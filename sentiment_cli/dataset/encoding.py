"""Finds out by its bytes how a text file is encoded; refuses nothing, for in cp1252 every byte means something."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sentiment_cli.dataset.source import Source

_BLOCK = 1 << 20
_ENOUGH = 1000
_ASCII = bytes(range(128))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Encoding:
    """`codec` and `errors` as Python's decoders take them; `mixed`: UTF-8 that holds some bytes of another encoding."""

    codec: str
    title: str
    errors: str = "strict"
    mixed: bool = False


UTF8 = Encoding("utf-8", "UTF-8", "replace")
MIXED = Encoding("utf-8", "UTF-8", "surrogateescape", mixed=True)
LATIN = Encoding("cp1252", "Latin-1 (Windows-1252)", "sentiment_cli.as_latin1")


def guess(head: bytes) -> Encoding:
    """The encoding as far as the first part of a file shows it."""
    return _marked(head) or _wide(head) or _by_tally([head], complete=False)


def scan(source: Source) -> Encoding:
    """The encoding of the whole file: streams through it, for one stray byte may come at the very end."""
    known = _marked(source.head) or _wide(source.head)
    if known:
        return known
    with source.open() as stream:
        return _by_tally(iter(lambda: stream.read(_BLOCK), b""), complete=True)


def repaired(lines: Iterator[str], found: Callable[[int], None]) -> Iterator[str]:
    """Lines of a mixed file with its stray bytes read as cp1252; `found` gets the number of each such line, from 1."""
    for number, line in enumerate(lines, 1):
        if not line.isascii() and _ESCAPED.search(line):
            found(number)
            yield _ESCAPED.sub(_as_cp1252, line)
        else:
            yield line


def _marked(head: bytes) -> Encoding | None:
    for mark, codec, title in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, title, "replace")
    return None


def _wide(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: read the right way round it has line ends, spaces and commas, and no NUL."""
    if b"\0" not in head:
        return None
    plain = {codec: _plainness(head, codec) for codec in ("utf-16-le", "utf-16-be")}
    best = max(plain, key=lambda codec: plain[codec])
    return Encoding(best, "UTF-16 without a byte order mark", "replace") if plain[best] else None


def _plainness(head: bytes, codec: str) -> int:
    try:
        text = codecs.getincrementaldecoder(codec)("strict").decode(head)
    except UnicodeDecodeError:
        return 0
    marks = sum(text.count(mark) for mark in '\n ,\t;|"')
    return marks if "\n" in text and "\0" not in text and marks * 50 > len(text) else 0


def _by_tally(blocks: Iterable[bytes], *, complete: bool) -> Encoding:
    """UTF-8 if more characters are valid multi-byte ones than bytes are stray, else Latin-1 in its Windows form."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    valid = stray = 0
    for block in blocks:
        if block.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(block)
        kept = text.encode("utf-8", "ignore")
        stray += len(text.encode("utf-8", "surrogateescape")) - len(kept)
        valid += len(kept.decode("utf-8")) - (len(kept) - len(kept.translate(None, _ASCII)))
        if stray > max(valid, _ENOUGH):
            break
    stray += len(decoder.decode(b"", final=complete))
    if not stray:
        return UTF8
    return MIXED if valid > stray else LATIN


def _as_cp1252(match: re.Match[str]) -> str:
    return bytes([ord(match[0]) - 0xDC00]).decode(LATIN.codec, LATIN.errors)


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    """cp1252 leaves five bytes undefined; as browsers do, they are taken for the control characters of Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(LATIN.errors, _as_latin1)
