"""Brings the public Sentiment140 data set to the user's cache, verified; leaves nothing half-written there."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, Note, Progress, ignore

URL = "http://cs.stanford.edu/people/alecmgo/trainingandtestdata.zip"
SHA256 = "004a3772c8a7ff9bbfeb875880f47f0679d93fc63e5cf9cff72d54a8a6162e57"  # as TensorFlow Datasets records it
ARCHIVE = "trainingandtestdata.zip"
MEMBER = "training.1600000.processed.noemoticon.csv"
_CHUNK = 1 << 18
_TIMEOUT_SECONDS = 30


def fetch_sentiment140(
    emit: Emit = ignore, *, url: str | None = None, sha256: str | None = None, cache_dir: str | Path | None = None
) -> Path:
    """The training rows of Sentiment140 as a file in the cache, downloaded (81 MB) unless they are there already.

    The environment can name another source (`SENTIMENT140_URL`, `SENTIMENT140_SHA256`) and another cache
    (`SENTIMENT_CACHE_DIR`). Raises SentimentError when the data cannot be had or is not what it should be.
    """
    import pooch

    url = url or os.environ.get("SENTIMENT140_URL") or URL
    sha256 = sha256 or os.environ.get("SENTIMENT140_SHA256") or SHA256
    folder = Path(cache_dir or os.environ.get("SENTIMENT_CACHE_DIR") or pooch.os_cache("sentiment-cli")).expanduser()
    try:
        archive = _archive(url, sha256, folder, emit)
        return _unpacked(archive, folder / MEMBER, emit)
    except OSError as error:
        raise SentimentError(
            f"Cannot keep Sentiment140 in {folder}.",
            f"The system says: {error.strerror or error}.",
            "Make room or allow writing there, or choose another folder with SENTIMENT_CACHE_DIR.",
            code="cache-not-writable",
        ) from error


class _Bar:
    """What pooch takes for a progress bar: passes the bytes on as events."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._done = 0
        self.total = 0

    def update(self, count: int) -> None:
        self._done = min(self._done + count, self.total) if self.total else self._done + count
        self._emit(Progress("Downloading Sentiment140", self._done, self.total or None, "bytes"))

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Nothing stays open."""


def _archive(url: str, sha256: str, folder: Path, emit: Emit) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    downloader = pooch.HTTPDownloader(progressbar=_Bar(emit), chunk_size=_CHUNK, timeout=_TIMEOUT_SECONDS)
    try:
        return Path(pooch.retrieve(url, sha256, ARCHIVE, folder, downloader=downloader))
    except requests.exceptions.RequestException as error:
        raise _failed(url, folder, _reason(error)) from error
    except ValueError as error:
        raise SentimentError(
            "The download of Sentiment140 is not what it should be.",
            f"The SHA-256 of what {url} sent is not {sha256}: it was changed on the way, or there is a new edition.",
            f"Try again from another network, or put the right archive at {folder / ARCHIVE}. Nothing was kept.",
            code="wrong-checksum",
        ) from error


def _reason(error: Exception) -> str:
    from requests import exceptions as kinds

    if isinstance(error, kinds.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if "NameResolution" in str(error):
        return "that name is not known here, so there is no network or no name server"
    return next(
        reason
        for kind, reason in (
            (kinds.ChunkedEncodingError, "the connection broke off in the middle"),
            (kinds.SSLError, "the certificate it shows is not trusted here"),
            (kinds.ProxyError, "the proxy does not let it through"),
            (kinds.Timeout, f"nothing comes for {_TIMEOUT_SECONDS} seconds"),
            (kinds.ConnectionError, "there is no connection"),
            (Exception, str(error)),
        )
        if isinstance(error, kind)
    )


def _failed(url: str, folder: Path, reason: str) -> SentimentError:
    return SentimentError(
        "Cannot download Sentiment140.",
        f"From {url}: {reason}. Nothing was kept.",
        "Check the network (a proxy is taken from HTTP_PROXY and HTTPS_PROXY) and run this again; "
        f"or get that file elsewhere and put it at {folder / ARCHIVE}.",
        code="download-failed",
    )


def _unpacked(archive: Path, target: Path, emit: Emit) -> Path:
    try:
        with zipfile.ZipFile(archive) as opened:
            member = next(item for item in opened.infolist() if PurePosixPath(item.filename).name == MEMBER)
            if _is_intact(target, member):
                emit(Note(f"Sentiment140 is in the cache: {target}"))
            else:
                with opened.open(member) as content:
                    _write(content, target, member.file_size, emit)
    except (zipfile.BadZipFile, zlib.error, StopIteration, EOFError) as error:
        raise SentimentError(
            f"Cannot unpack {archive}.",
            f"It is no zip archive with {MEMBER} in it.",
            "Delete it and run this again.",
            code="bad-archive",
        ) from error
    return target


def _is_intact(path: Path, member: zipfile.ZipInfo) -> bool:
    """Whether the unpacked file still has the length and the checksum that the archive records for it."""
    if not path.is_file() or path.stat().st_size != member.file_size:
        return False
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            checksum = zlib.crc32(block, checksum)
    return checksum == member.CRC


def _write(content: IO[bytes], target: Path, size: int, emit: Emit) -> None:
    """Writes beside the target and moves it there when it is whole."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".unpacking-", delete=False) as file:
        try:
            while block := content.read(_CHUNK):
                file.write(block)
                emit(Progress("Unpacking Sentiment140", file.tell(), size, "bytes"))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(target)
        finally:
            Path(file.name).unlink(missing_ok=True)
