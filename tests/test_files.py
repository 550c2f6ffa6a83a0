"""Writing at once or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sentiment_cli.errors import SentimentError
from sentiment_cli.files import write_atomically


def test_folders_are_made_and_modes_kept(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a/b/c", b"content", mode=0o600)
    assert (tmp_path / "a/b/c").read_bytes() == b"content"
    assert (tmp_path / "a/b/c").stat().st_mode & 0o777 == 0o600


def test_a_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SentimentError) as caught:
        write_atomically(path, b"new")
    assert "No space left" in caught.value.why
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
