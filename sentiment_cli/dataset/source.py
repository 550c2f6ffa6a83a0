"""Opens the file a user named, gzip or not, as a stream; refuses what is missing, a folder, empty or damaged."""

from __future__ import annotations

import difflib
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from sentiment_cli.errors import InputError

HEAD_BYTES = 1 << 18
_GLIMPSE_BYTES = 1 << 15
_GLIMPSES = 8
LONGEST_LINE = 1 << 24
GZIP_MAGIC = b"\x1f\x8b"


class Source:
    """A regular, readable file with content.

    `size` is in bytes as it lies on the disk, `head` the first `HEAD_BYTES` after any decompression, and `whole` says
    whether that is all there is. Raises InputError when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._raw: IO[bytes] | None = None
        try:
            self.size = _size(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        with _opened(path) as raw:
            self.compressed = raw.read(2) == GZIP_MAGIC
        with self.open() as stream:
            self.head = stream.read(HEAD_BYTES)
            self.whole = not stream.read(1)
        if not self.head.strip(b" \t\r\n\0\xef\xbb\xbf"):
            raise _empty(path)

    @property
    def name(self) -> str:
        """The file's own name, for messages."""
        return self.path.name

    def position(self) -> int:
        """Bytes of the file on the disk gone by in the stream opened last."""
        return self._raw.tell() if self._raw and not self._raw.closed else self.size

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The content as bytes, decompressed; a damaged archive or disk raises InputError when it is met."""
        with _opened(self.path) as raw:
            self._raw = raw
            try:
                yield gzip.GzipFile(fileobj=raw) if self.compressed else raw  # type: ignore[misc]
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise _damaged(self.path, error) from error
            except OSError as error:
                raise _unreadable(self.path, error) from error

    def glimpses(self) -> Iterator[bytes]:
        """Whole lines from places spread over the rest of the file; none of a gzip file, which has no places."""
        if self.compressed or self.whole:
            return
        with self.open() as stream:
            for number in range(1, _GLIMPSES + 1):
                stream.seek(HEAD_BYTES + (self.size - HEAD_BYTES) * number // _GLIMPSES - _GLIMPSE_BYTES)
                _, _, lines = stream.read(_GLIMPSE_BYTES).partition(b"\n")
                yield lines[: lines.rfind(b"\n") + 1]

    def lines(self, codec: str, errors: str = "strict") -> Iterator[str]:
        """The content as text, line by line with its line ends; an endless line is refused, not gathered in memory."""
        with self.open() as binary, io.TextIOWrapper(binary, encoding=codec, errors=errors, newline="") as text:
            for line in iter(partial(text.readline, LONGEST_LINE), ""):
                if len(line) == LONGEST_LINE:
                    raise _endless(self.path)
                yield line


def _size(path: Path) -> int:
    if path.is_dir():
        raise InputError(
            f"Cannot read {path}: it is a folder.",
            "The data must be one file with a text and a label in each row.",
            f"Name a file in it{_offer(_data_files(path))}.",
            code="is-a-directory",
        )
    if not path.exists():
        raise _missing(path)
    if not path.is_file():
        raise InputError(
            f"Cannot read {path}: it is not a regular file.",
            "The data is looked at before it is read, which a pipe or device does not allow.",
            "Save the data to a file first and name that.",
            code="not-a-file",
        )
    size = path.stat().st_size
    if not size:
        raise _empty(path)
    return size


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb", buffering=1 << 20)
    except OSError as error:
        raise _unreadable(path, error) from error


def _missing(path: Path) -> InputError:
    folder = path.parent
    if not folder.is_dir():
        why, near = f"There is no folder {folder}.", []
    else:
        names = _data_files(folder)
        near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5) or names[:3]
        why = f"There is no file of that name in {folder.resolve()}."
    return InputError(f"Cannot read {path}: no such file.", why, f"Check the path{_offer(near)}.", code="no-such-file")


def _data_files(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith("."))
    except OSError:
        return []


def _offer(names: list[str]) -> str:
    return f"; there is {', '.join(names[:3])}" if names else ""


def _empty(path: Path) -> InputError:
    return InputError(
        f"Cannot use {path}: the file is empty.",
        "It holds no rows at all.",
        "Check that the export or download that wrote it has finished.",
        code="empty-file",
    )


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"Cannot read {path}: the gzip data in it is damaged or cut short.",
        f"Decompressing stopped with: {error}.",
        f"Get the file again; `gzip -t {path.name}` checks it.",
        code="damaged-gzip",
    )


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Cannot read {path}.",
        f"The system says: {error.strerror or error}.",
        "Check that the file is there and that you may read it.",
        code="unreadable-file",
    )


def _endless(path: Path) -> InputError:
    return InputError(
        f"Cannot use {path}: it has a line of more than {LONGEST_LINE:,} characters.",
        "That is no table of texts with one row a line.",
        "Check that the file is what you think; a JSON file needs one object a line or a plain array of objects.",
        code="endless-line",
    )
