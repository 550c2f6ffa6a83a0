"""A gzip tar archive of a few plain files: equal files give equal bytes, and nothing hostile gets out of one.

Refuses, while reading and before it is on disk or in memory, whatever a model has no need of.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

MAX_MEMBERS = 16
MAX_BYTES = 8 << 30  # unpacked; SageMaker's own volumes begin at 30 GB
# Models shrink to a third or so, those that are mostly zeros to much less, but these are small; a bomb to a thousandth.
MAX_RATIO = 100
ALWAYS_ALLOWED = 512 << 20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_CHUNK = 1 << 20
_AGAIN = "Run `sentiment-cli train` to write it again."
_BROKEN = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, OverflowError)


class ArtifactError(Exception):
    """The artifact cannot be used; the message is full sentences: what is wrong, and what to do."""


def write_members(file: BinaryIO, members: Mapping[str, bytes]) -> None:
    """Write the archive of `members` (name -> content): sorted names, no times, no owners."""
    # filename="" and mtime=0 keep name and time out of the gzip header
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in sorted(members.items()):
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(content), 0o644, 0
            tar.addfile(info, io.BytesIO(content))


def unpack(archive: Path, into: Path) -> None:
    """Unpack `archive` into the folder `into`, made if missing.

    Raises ArtifactError for anything but a few plain files at the top: links, devices, folders, paths, names met
    twice, and more than is sensible, which is noticed while reading (a bomb is never unpacked); OSError where the disk
    refuses. On an error what was written so far is removed.
    """
    into.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    try:
        with gzip.open(archive) as file:
            _unpack(_Limited(file, _limit(archive)), into, written)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, _BROKEN):
            raise ArtifactError(f"{archive.name} is not a complete gzip tar archive ({error}). {_AGAIN}") from error
        raise


def _limit(archive: Path) -> int:
    return min(MAX_BYTES, max(ALWAYS_ALLOWED, MAX_RATIO * archive.stat().st_size))


class _Limited:
    """What tarfile reads from: no more than `limit` in all, and little at a time, for it takes headers whole."""

    def __init__(self, file: gzip.GzipFile, limit: int) -> None:
        self.limit = limit
        self._file = file
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        if size > _CHUNK:
            raise ArtifactError("The archive holds a header that is larger than any name. It is refused.")
        block = self._file.read(size)
        if self._file.tell() > self.limit:
            raise _too_large(self.limit)
        return block

    def seek(self, offset: int) -> int:
        if offset > self.limit:
            raise _too_large(self.limit)
        return self._file.seek(offset)


def _unpack(file: _Limited, into: Path, written: list[Path]) -> None:
    with tarfile.open(fileobj=file, mode="r:") as tar:  # type: ignore[call-overload]
        for member in _plain_members(tar, file.limit):
            target = into / member.name
            with target.open("xb") as output:
                written.append(target)
                _copy(tar.extractfile(member), output, member.size)
    # To the end of the file, where the checksum is.
    while file.read(_CHUNK):
        pass


def _plain_members(tar: tarfile.TarFile, limit: int) -> Iterator[tarfile.TarInfo]:
    names: set[str] = set()
    total = 0
    for member in tar:
        if not member.isreg() or member.sparse is not None:
            raise ArtifactError(
                f"The archive holds something that is not a plain file: {member.name!r}. It is refused."
            )
        if not NAME.fullmatch(member.name):
            raise ArtifactError(f"The archive holds a file with a name that is not allowed: {member.name!r}.")
        if member.name in names:
            raise ArtifactError(f"The archive holds {member.name!r} twice.")
        names.add(member.name)
        total += member.size
        if len(names) > MAX_MEMBERS or total > limit:
            raise _too_large(limit)
        yield member


def _copy(source: Any, file: BinaryIO, size: int) -> None:
    left = size
    while left > 0:
        block = source.read(min(_CHUNK, left))
        if not block:
            raise EOFError("a file ends too early")
        file.write(block)
        left -= len(block)


def _too_large(limit: int) -> ArtifactError:
    return ArtifactError(f"The archive is larger than any model: over {MAX_MEMBERS} files or {limit:,} bytes.")
