"""The record of what is being served: private, whole, and never a reason to fail."""

from __future__ import annotations

import stat
from pathlib import Path

from sentiment_cli.local_server import record
from sentiment_cli.local_server.record import Record


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    saved = Record("process", "http://127.0.0.1:8080", pid=12, identity="345")
    record.save(tmp_path, saved)

    assert record.load(tmp_path) == saved


def test_it_is_for_this_user_alone(tmp_path: Path) -> None:
    record.save(tmp_path, Record("process"))

    assert stat.S_IMODE((tmp_path / ".sentiment/local").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / ".sentiment/local/server.json").stat().st_mode) == 0o600


def test_one_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert record.load(tmp_path) is None
    (record.folder(tmp_path) / "server.json").write_text('{"engine": "steam"}')
    assert record.load(tmp_path) is None


def test_forgetting_takes_the_model_along_and_leaves_the_log(tmp_path: Path) -> None:
    record.save(tmp_path, Record("process"))
    (record.folder(tmp_path) / "model").mkdir()
    (record.folder(tmp_path) / "server.log").write_text("a line")

    record.forget(tmp_path)
    record.forget(tmp_path)

    assert [path.name for path in record.folder(tmp_path).iterdir()] == ["server.log"]
