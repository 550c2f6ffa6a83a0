"""Knows files that are no table of texts by their first bytes, and refuses each with what to do about it."""

from __future__ import annotations

import re

from sentiment_cli.dataset import encoding
from sentiment_cli.dataset.source import GZIP_MAGIC, Source
from sentiment_cli.errors import InputError

_EXPORT = "Export the rows as CSV (UTF-8) and name that file."
_UNPACK = "Unpack it and name the data file inside."
_TRAIN_FROM = "To package a model that is already fitted, use `sentiment-cli train --from-joblib FILE`."
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"PK\x05\x06", "an empty zip archive", _UNPACK),
    (b"\x89PNG\r\n", "a PNG picture", _EXPORT),
    (b"\xff\xd8\xff", "a JPEG picture", _EXPORT),
    (b"GIF89a", "a GIF picture", _EXPORT),
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document", "Open it, and save the sheet as CSV (UTF-8)."),
    (b"SQLite format 3\0", "an SQLite database", _EXPORT),
    (b"BZh91AY&SY", "bzip2-compressed", "Unpack it (`bunzip2 FILE`), or compress with gzip instead."),
    (b"\xfd7zXZ\0", "xz-compressed", "Unpack it (`unxz FILE`), or compress with gzip instead."),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed", "Unpack it (`unzstd FILE`), or compress with gzip instead."),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a", "a RAR archive", _UNPACK),
    (b"ARROW1\0", "an Arrow (Feather) file", "Write the table as Parquet or CSV."),
    (b"\x93NUMPY", "a NumPy array", _EXPORT),
    (b"\x80\x03", "a Python pickle", _TRAIN_FROM),
    (b"\x80\x04", "a Python pickle", _TRAIN_FROM),
    (b"\x80\x05", "a Python pickle", _TRAIN_FROM),
    (b"\x7fELF", "a program", _EXPORT),
    (b"version https://git-lfs", "a Git LFS pointer, not the data itself", "Run `git lfs pull`."),
)
_HTML = re.compile(rb"\s*<(!doctype html|html|head|\?xml)", re.IGNORECASE)


def refuse_foreign(source: Source) -> None:
    """Raises InputError if the file is of a kind that no reader here understands."""
    head = source.head
    found = _known(head)
    if found is None and (head.startswith(GZIP_MAGIC) or head[257:262] == b"ustar"):
        found = ("an archive inside gzip", _UNPACK)
    if found is None and _HTML.match(head):
        found = ("a web page or XML", "Download the file itself; what was saved here is a page about it.")
    if found is None and _is_binary(head):
        found = ("binary data", _EXPORT)
    if found:
        raise InputError(
            f"Cannot read {source.path}: it is {found[0]}.",
            "Labelled texts are read from CSV, TSV, JSON Lines or Parquet, each also gzip-compressed.",
            found[1],
            code="unknown-format",
        )


def _known(head: bytes) -> tuple[str, str] | None:
    if head.startswith(b"PK\x03\x04") and (b"xl/" in head or b"[Content_Types].xml" in head):
        return "an Excel workbook", "Open it, and save the sheet as CSV (UTF-8)."
    return next(((title, fix) for magic, title, fix in _KINDS if head.startswith(magic)), None)


def _is_binary(head: bytes) -> bool:
    """Text has next to no control characters; a few NULs in a text are bad rows, not another kind of file."""
    if encoding.guess(head).codec.startswith(("utf-16", "utf-32")):
        return False
    controls = len(head) - len(head.translate(None, bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x0b"))))
    return controls > max(8, len(head) // 50)
