"""Files that cannot be used are refused with what, why and fix, and the exit code of a wrong input."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_cli.dataset import look, read
from sentiment_cli.errors import InputError

from .conftest import Pairs, as_csv

Save = Callable[..., Path]


def refused(path: Path, **options: object) -> InputError:
    """The error that reading gives, which must be complete."""
    with pytest.raises(InputError) as caught:
        read(path, **options)  # type: ignore[arg-type]
    error = caught.value
    assert error.what.endswith(".")
    assert error.why
    assert error.fix.endswith(".")
    assert error.exit_code == 2
    return error


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        for name in names:
            opened.writestr(name, "text")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (archive("data.csv"), "a zip archive"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG picture"),
        (b"%PDF-1.7\n" + bytes(100), "a PDF document"),
        (b"\x80\x05\x95" + bytes(100), "a Python pickle"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer"),
        (bytes(range(256)) * 8, "binary data"),
        (b"abc\0\0\0" * 100, "binary data"),
        (gzip.compress(gzip.compress(b"text,label\n", mtime=0), mtime=0), "an archive inside gzip"),
    ],
)
def test_a_file_of_another_kind(content: bytes, kind: str, save: Save) -> None:
    error = refused(save(content))
    assert kind in error.what
    assert error.code == "unknown-format"
    assert refused(save(gzip.compress(content), "data.csv.gz")).code == "unknown-format"


def test_a_missing_file_offers_names_like_it(save: Save, tmp_path: Path) -> None:
    save("text,label\n", "tweets-2024.csv")
    error = refused(tmp_path / "tweets_2024.csv")
    assert error.code == "no-such-file"
    assert "tweets-2024.csv" in error.fix
    assert "There is no folder" in refused(tmp_path / "nowhere" / "tweets.csv").why


def test_a_folder_names_the_files_in_it(save: Save, tmp_path: Path) -> None:
    save("text,label\n", "tweets.csv")
    error = refused(tmp_path)
    assert error.code == "is-a-directory"
    assert "tweets.csv" in error.fix


@pytest.mark.parametrize("content", ["", "\n\n  \n", "\ufeff", gzip.compress(b"", mtime=0)])
def test_an_empty_file(content: str | bytes, save: Save) -> None:
    assert refused(save(content)).code == "empty-file"


def test_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").code == "not-a-file"


def test_a_file_nobody_may_read(save: Save) -> None:
    path = save("text,label\n")
    path.chmod(0)
    user = os.geteuid()
    try:
        os.seteuid(user or 65534)  # the administrator may read everything
        assert refused(path).code == "unreadable-file"
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("keep", [0.5, 0.999])
def test_a_gzip_file_cut_short(keep: float, save: Save) -> None:
    content = gzip.compress(as_csv((os.urandom(40).hex(), str(n % 2)) for n in range(20_000)).encode())
    assert refused(save(content[: int(len(content) * keep)])).code == "damaged-gzip"


def test_a_gzip_file_with_a_changed_byte(save: Save) -> None:
    content = bytearray(gzip.compress(as_csv((os.urandom(40).hex(), str(n % 2)) for n in range(20_000)).encode()))
    content[len(content) * 3 // 4] ^= 0xFF
    assert refused(save(bytes(content))).code == "damaged-gzip"


def test_a_header_and_no_rows(save: Save) -> None:
    assert refused(save("text,label\n")).code == "no-rows"
    assert refused(save("text,label\n"), positive="a").code == "no-rows"


def test_one_class(pairs: Pairs, save: Save) -> None:
    error = refused(save(as_csv((text, "positive") for text, _ in pairs)))
    assert error.code == "one-class"
    assert "all rows have one label, positive" in error.what


def test_fewer_than_twenty_rows_of_a_class(pairs: Pairs, save: Save) -> None:
    scarce = [pair for pair in pairs if pair[1] == "positive"][:19] + [pair for pair in pairs if pair[1] == "negative"]
    error = refused(save(as_csv(scarce)))
    assert error.code == "too-few-rows"
    assert "Positive has 19" in error.why


def test_no_text_column(save: Save) -> None:
    error = refused(save(as_csv(((str(n), str(n % 2)) for n in range(60)), header=("age", "label"))))
    assert error.code == "no-text-column"
    assert "age (such as 0); label (such as 0)" in error.why
    assert "--text-column" in error.fix


def test_no_label_column(save: Save) -> None:
    rows = [(f"a text about {n}", f"another text about {n}") for n in range(60)]
    error = refused(save(as_csv(rows, header=("question", "answer"))))
    assert error.code == "no-label-column"
    assert "--label-column" in error.fix


def test_a_single_column(save: Save) -> None:
    error = refused(save("".join(f"a text about the number {n}\n" for n in range(60)), "texts.txt"))
    assert error.code == "no-label-column"
    assert "two columns" in error.fix


def test_a_column_that_is_not_there(pairs: Pairs, save: Save) -> None:
    error = refused(save(as_csv(pairs)), text_column="tweet")
    assert error.code == "no-such-column"
    assert "text (such as what a horrid day number 0)" in error.why
    assert refused(save(as_csv(pairs)), label_column="3").code == "no-such-column"
    assert refused(save(as_csv(pairs)), text_column="1", label_column="text").code == "same-column"


def test_formats_that_do_not_fit(pairs: Pairs, save: Save) -> None:
    path = save(as_csv(pairs))
    assert refused(path, format="xlsx").code == "no-such-format"
    assert refused(path, format="parquet").code == "damaged-parquet"
    assert refused(path, format="sentiment140").code == "wrong-format"
    assert refused(path, format="jsonl").code == "wrong-format"
    assert refused(path, format="json").code == "broken-json"
    assert refused(save('{\n  "text": "a",\n  "label": 1\n}\n')).code == "unknown-format"
    assert refused(save(b"PAR1" + bytes(50))).code == "damaged-parquet"


def test_a_limit_too_low(pairs: Pairs, save: Save) -> None:
    assert refused(save(as_csv(pairs)), limit=39).code == "limit-too-low"
    skewed = [(f"text {n}", "yes" if n < 25 else "no") for n in range(500)]
    error = refused(save(as_csv(skewed)), limit=100)
    assert error.code == "limit-too-low"
    assert "Positive 5" in error.why


def test_an_endless_line_is_not_gathered_in_memory(save: Save) -> None:
    content = gzip.compress(b"text,label\n" + b"x" * (40 << 20), 1)
    assert refused(save(content)).code == "endless-line"


def test_looking_refuses_what_reading_refuses(save: Save, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path, save(archive("a.csv"), "a.zip"), save("", "empty.csv")):
        with pytest.raises(InputError):
            look(path)
