"""The files of the build context, the same bytes on every machine; it knows nothing of Docker."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

# What .dockerignore says, for names at any depth.
IGNORED = ("__pycache__", "*.py[cod]", "*~", ".*")


def read(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` that belongs into the image, by its path with forward slashes.

    Text has LF line ends whatever the checkout made of them: a shell would look for `sh\\r` otherwise.
    """
    return {path.relative_to(folder).as_posix(): _normalised(path.read_bytes()) for path in _files(folder)}


def tar(files: Mapping[str, bytes]) -> bytes:
    """An archive that depends on nothing but `files`: sorted, no times, owned by root, readable by everyone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in IGNORED):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _normalised(content: bytes) -> bytes:
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")
