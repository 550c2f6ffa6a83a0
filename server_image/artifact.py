"""model.tar.gz: writing it so that equal models are equal bytes, and opening it without trusting it.

A file is used only from bytes whose SHA-256 the manifest states, and is unpickled only where the manifest says that
the model could not be compiled.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server_image.archive import NAME, ArtifactError, unpack, write_members

if TYPE_CHECKING:
    from server_image.model import Model

__all__ = ["ArtifactError", "load", "pack", "read", "unpack", "verify"]

FORMAT_VERSION = 1
MANIFEST, SCORER = "manifest.json", "scorer.json"

MAX_MANIFEST = 8 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What file systems and hosting leave behind in a volume; never opened.
_HARMLESS = frozenset({"lost+found", ".DS_Store", "__MACOSX"})
_AGAIN = "Run `sentiment-cli train` to write it again."


def pack(path: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> str:
    """Write the artifact to `path`, at once or not at all; the SHA-256 of the archive.

    `files` are name -> content. The manifest gets the keys `format_version` and `files` (name -> SHA-256). The same
    input gives the same bytes: sorted names, no times, no owners.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    whole = {**manifest, "format_version": FORMAT_VERSION, "files": hashes}
    members = {**files, MANIFEST: json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False).encode()}
    for name in members:
        if not NAME.fullmatch(name):
            raise ArtifactError(f"{name!r} cannot be the name of a file in an artifact.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w+b") as file:
            write_members(file, members)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest


def verify(directory: Path) -> dict[str, Any]:
    """The manifest of an unpacked artifact, all of whose files have been held against their hashes.

    Raises ArtifactError.
    """
    manifest = _manifest(directory)
    for name in manifest["files"]:
        _check(directory, name, manifest)
    with _reading("The model folder"):
        there = {path.name for path in directory.iterdir()}
    extra = there - set(manifest["files"]) - {MANIFEST} - _HARMLESS
    if extra:
        raise ArtifactError(
            f"The model folder holds files that its manifest does not name: {', '.join(sorted(extra))}."
        )
    return manifest


def load(directory: Path) -> Model:
    """A model that is ready to answer. Raises ArtifactError when anything about it is not as its manifest says."""
    manifest = verify(directory)
    if manifest["compiled"] != (SCORER in manifest["files"]):
        raise ArtifactError(f"The manifest says that the model is compiled, or not, against its {SCORER}. {_AGAIN}")
    if manifest["compiled"]:
        return _scorer(read(directory, SCORER, manifest), manifest["labels"])
    from server_image.pickled import load_pickled

    return load_pickled(directory, manifest)


def read(directory: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    """The content of a file; these very bytes have the hash that the manifest states. Raises ArtifactError."""
    content = _bytes(directory / name)
    if hashlib.sha256(content).hexdigest() != manifest["files"].get(name):
        raise _changed(name)
    return content


def _scorer(content: bytes, labels: list[str]) -> Model:
    from server_image.scorer import Scorer

    try:
        scorer = Scorer.from_json(content)
    except (ValueError, KeyError, TypeError, re.error) as error:
        raise ArtifactError(f"{SCORER} cannot be used ({type(error).__name__}: {error}). {_AGAIN}") from error
    if list(scorer.labels) != labels:
        raise ArtifactError(f"{SCORER} has other labels than {MANIFEST}. {_AGAIN}")
    return scorer


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / MANIFEST
    with _reading(MANIFEST):
        if not path.is_file() or path.is_symlink():
            raise ArtifactError(f"There is no model in {directory}: {MANIFEST} is missing.")
        if path.stat().st_size > MAX_MANIFEST:
            raise ArtifactError(f"{MANIFEST} is larger than any manifest. {_AGAIN}")
    try:
        manifest = json.loads(_bytes(path))
    except (ValueError, RecursionError):
        raise ArtifactError(f"{MANIFEST} is not JSON. {_AGAIN}") from None
    if not isinstance(manifest, dict):
        raise ArtifactError(f"{MANIFEST} is not a JSON object. {_AGAIN}")
    _check_version(manifest.get("format_version"))
    _check_shape(manifest)
    return manifest


def _check_version(found: Any) -> None:
    if type(found) is int and found == FORMAT_VERSION:
        return
    if type(found) is int and found > FORMAT_VERSION:
        raise ArtifactError(
            f"The artifact has format version {found}; this server knows {FORMAT_VERSION}. Use a newer sentiment-cli."
        )
    raise ArtifactError(f"The artifact has format version {found!r}; this server knows {FORMAT_VERSION}. {_AGAIN}")


def _check_shape(manifest: Mapping[str, Any]) -> None:
    files, labels = manifest.get("files"), manifest.get("labels")
    good_files = isinstance(files, dict) and all(
        NAME.fullmatch(name) and isinstance(digest, str) and _SHA256.fullmatch(digest) for name, digest in files.items()
    )
    good_labels = isinstance(labels, list) and len(labels) >= 2 and all(isinstance(label, str) for label in labels)
    good_libraries = isinstance(manifest.get("libraries", {}), dict)
    if not (good_files and good_labels and good_libraries and isinstance(manifest.get("compiled"), bool)):
        raise ArtifactError(
            f"{MANIFEST} lacks files, labels or compiled, or they or libraries are not what they should be. {_AGAIN}"
        )


def _check(directory: Path, name: str, manifest: Mapping[str, Any]) -> None:
    path = directory / name
    with _reading(name):
        if path.is_symlink() or not path.is_file():
            raise ArtifactError(f"{name} is missing from the model folder. {_AGAIN}")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != manifest["files"][name]:
                raise _changed(name)


def _bytes(path: Path) -> bytes:
    with _reading(path.name):
        return path.read_bytes()


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"{name} cannot be read ({error.strerror}). {_AGAIN}") from None


def _changed(name: str) -> ArtifactError:
    return ArtifactError(
        f"{name} is not the file that the manifest names: its SHA-256 differs. It was damaged or "
        f"tampered with. {_AGAIN}"
    )
