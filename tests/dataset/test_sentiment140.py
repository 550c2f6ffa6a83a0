"""Fetching Sentiment140 from a real HTTP server with a small archive of the same form."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sentiment_cli.dataset import fetch_sentiment140, read
from sentiment_cli.dataset.sentiment140 import ARCHIVE, MEMBER
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Event, Progress

ROWS = "".join(
    f'"{4 * (n % 2)}","{1467810000 + n}","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","user{n}","caf\xe9 number {n}"\n'
    for n in range(3000)
).encode("latin-1")


def archive_of(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content, zipfile.ZIP_STORED)
    return out.getvalue()


CONTENT = archive_of(**{"testdata.manual.2009.06.14.csv": b'"4","3"\n', MEMBER: ROWS})


class Site(ThreadingHTTPServer):
    """Serves `content`; `ways` can make it answer with an error, break off in the middle or never finish."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = CONTENT
        self.way = "well"
        self.requests: list[str] = []
        self.done = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/trainingandtestdata.zip"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        site = self.server
        site.requests.append(self.path)
        if site.way.isdecimal():
            self.send_error(int(site.way))
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(site.content)))
        self.end_headers()
        self.wfile.write(site.content if site.way == "well" else site.content[: len(site.content) // 2])
        if site.way == "hangs":
            self.wfile.flush()
            site.done.wait(20)

    def log_message(self, *_: object) -> None:
        """Tests need no log."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.done.set()
        server.shutdown()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SENTIMENT_CACHE_DIR", str(folder))
    monkeypatch.setenv("SENTIMENT140_SHA256", hashlib.sha256(CONTENT).hexdigest())
    return folder


def held(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def failure(url: str) -> SentimentError:
    with pytest.raises(SentimentError) as caught:
        fetch_sentiment140(url=url)
    assert caught.value.exit_code == 1
    assert caught.value.fix
    return caught.value


def test_the_rows_come_with_progress_and_can_be_read(site: Site, cache: Path) -> None:
    events: list[Event] = []
    path = fetch_sentiment140(events.append, url=site.url)
    assert path.read_bytes() == ROWS
    assert held(cache) == sorted([ARCHIVE, MEMBER])
    progress = [event for event in events if isinstance(event, Progress)]
    assert {event.label for event in progress} == {"Downloading Sentiment140", "Unpacking Sentiment140"}
    assert all(event.unit == "bytes" and event.total and event.done <= event.total for event in progress)
    assert Progress("Downloading Sentiment140", len(CONTENT), len(CONTENT), "bytes") in progress
    data = read(path, limit=100)
    assert data.findings.available == 3000
    assert data.texts[0].startswith("caf\xe9 number ")


def test_the_second_time_nothing_is_downloaded(site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIMENT140_URL", site.url)
    first = fetch_sentiment140()
    written = first.stat().st_mtime_ns
    assert fetch_sentiment140() == first
    assert first.stat().st_mtime_ns == written
    assert len(site.requests) == 1


def test_an_archive_put_there_by_hand_is_taken(cache: Path) -> None:
    cache.mkdir()
    (cache / ARCHIVE).write_bytes(CONTENT)
    assert fetch_sentiment140(url="http://127.0.0.1:9/").read_bytes() == ROWS


def test_a_changed_file_in_the_cache_is_unpacked_anew(site: Site, cache: Path) -> None:
    path = fetch_sentiment140(url=site.url)
    path.write_bytes(ROWS[:-2] + b"!\n")
    assert fetch_sentiment140(url=site.url).read_bytes() == ROWS
    path.write_bytes(ROWS[:100])
    assert fetch_sentiment140(url=site.url).read_bytes() == ROWS
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("way", "reason"),
    [("404", "404 Not Found"), ("500", "500 Internal Server Error"), ("breaks off", "broke off in the middle")],
)
def test_a_server_that_fails_leaves_nothing(way: str, reason: str, site: Site, cache: Path) -> None:
    site.way = way
    error = failure(site.url)
    assert reason in error.why
    assert site.url in error.why
    assert str(cache / ARCHIVE) in error.fix
    assert held(cache) == []
    site.way = "well"
    assert fetch_sentiment140(url=site.url).read_bytes() == ROWS


def test_offline_it_names_the_address_and_the_place_for_the_file(cache: Path) -> None:
    error = failure("http://127.0.0.1:9/data.zip")
    assert error.code == "download-failed"
    assert "http://127.0.0.1:9/data.zip: there is no connection" in error.why
    assert str(cache / ARCHIVE) in error.fix
    assert "not known here" in failure("http://nowhere.invalid/data.zip").why


def test_a_wrong_checksum_is_refused_and_not_kept(site: Site, cache: Path) -> None:
    site.content = archive_of(**{MEMBER: b"something else"})
    error = failure(site.url)
    assert error.code == "wrong-checksum"
    assert hashlib.sha256(CONTENT).hexdigest() in error.why
    assert held(cache) == []


@pytest.mark.parametrize("content", [b"no archive at all", archive_of(**{"other.csv": b"1"}), CONTENT[:-30]])
def test_an_archive_without_the_rows(content: bytes, site: Site, cache: Path) -> None:
    site.content = content
    with pytest.raises(SentimentError) as caught:
        fetch_sentiment140(url=site.url, sha256=hashlib.sha256(content).hexdigest())
    assert caught.value.code == "bad-archive"
    assert held(cache) == [ARCHIVE]


def test_a_damaged_member_leaves_no_half_file(site: Site, cache: Path) -> None:
    site.content = CONTENT.replace(b"number 2999", b"number 2998")
    with pytest.raises(SentimentError) as caught:
        fetch_sentiment140(url=site.url, sha256=hashlib.sha256(site.content).hexdigest())
    assert caught.value.code == "bad-archive"
    assert held(cache) == [ARCHIVE]


def test_a_member_with_a_hostile_path_stays_in_the_cache(site: Site, cache: Path, tmp_path: Path) -> None:
    site.content = archive_of(**{f"../../{MEMBER}": ROWS})
    path = fetch_sentiment140(url=site.url, sha256=hashlib.sha256(site.content).hexdigest())
    assert path == cache / MEMBER
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted([ARCHIVE, MEMBER])


def test_a_cache_that_cannot_be_written(site: Site, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SentimentError) as caught:
        fetch_sentiment140(url=site.url, cache_dir=tmp_path / "file" / "cache")
    assert caught.value.code == "cache-not-writable"
    assert "SENTIMENT_CACHE_DIR" in caught.value.fix


def test_ctrl_c_leaves_no_half_file(site: Site, cache: Path) -> None:
    site.way, site.content = "hangs", CONTENT * 8
    code = "from sentiment_cli.dataset import fetch_sentiment140; fetch_sentiment140()"
    environment = {**os.environ, "SENTIMENT140_URL": site.url}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not any(path.stat().st_size for path in cache.glob("*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(held(cache)) == 1, "the download has begun"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == -signal.SIGINT
    assert held(cache) == []
