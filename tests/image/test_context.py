"""The build context is the same bytes on every machine, and holds what belongs into the image and nothing else."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

from docker.utils.build import exclude_paths

import server_image
from sentiment_cli.image import context

SERVER = Path(server_image.__path__[0])


def members(archive: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return opened.getmembers()


def test_the_archive_depends_on_nothing_but_the_files() -> None:
    archive = context.tar({"b.py": b"2", "a/c.py": b"1"})

    assert archive == context.tar({"a/c.py": b"1", "b.py": b"2"})
    assert [(each.name, each.mode, each.mtime, each.uid) for each in members(archive)] == [
        ("a/c.py", 0o644, 0, 0),
        ("b.py", 0o644, 0, 0),
    ]


def test_a_windows_checkout_gives_the_same_context(tmp_path: Path) -> None:
    checkout = tmp_path / "server_image"
    shutil.copytree(SERVER, checkout, ignore=shutil.ignore_patterns("__pycache__"))
    for path in checkout.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
            path.chmod(0o777)

    assert context.read(checkout) == context.read(SERVER)
    assert not any(b"\r" in content for content in context.read(checkout).values())


def test_bytes_that_are_not_text_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "icon.bin").write_bytes(b"\0\r\n\1")

    assert context.read(tmp_path) == {"icon.bin": b"\0\r\n\1"}


def test_it_leaves_out_what_dockerignore_leaves_out(tmp_path: Path) -> None:
    for name in ("app.py", "page/index.html", "app.py~", ".env", "page/.DS_Store", "__pycache__/app.cpython-311.pyc",
                 "page/__pycache__/x.pyc", "old.pyc", "Dockerfile", "requirements.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    patterns = (SERVER / ".dockerignore").read_text().split()

    kept = {path for path in exclude_paths(str(tmp_path), patterns) if (tmp_path / path).is_file()}

    assert set(context.read(tmp_path)) == kept == {"app.py", "page/index.html", "Dockerfile", "requirements.txt"}
