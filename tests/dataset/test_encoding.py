"""Encodings are told by the bytes of the whole file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_cli.dataset import look, read
from sentiment_cli.dataset.encoding import guess

from .conftest import as_csv

Save = Callable[..., Path]
LATIN = "caf\xe9 \xfcber \xa3"


def test_a_stray_byte_at_the_very_end_of_a_large_file_is_seen(save: Save) -> None:
    rows = as_csv((f"a plain text {n}", str(n % 2)) for n in range(60_000)).encode()
    data = read(save(rows + b"caf\xe9,1\r\n"))
    assert data.findings.encoding == "Latin-1 (Windows-1252)"
    assert data.texts[-1] == "caf\xe9"
    assert read(save(rows + "caf\xe9,1".encode())).findings.encoding == "UTF-8"
    cut = read(save(rows + b"1,caf\xc3"), text_column="1", label_column="2")
    assert cut.findings.malformed == 1


def test_windows_quotes_and_undefined_bytes_in_latin1(save: Save) -> None:
    rows = as_csv((f"text {n}", str(n % 2)) for n in range(60)).encode()
    data = read(save(rows + b"\x93caf\xe9\x94 \x81,1\r\n"))
    assert data.texts[-1] == "\u201ccaf\xe9\u201d \x81"


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), min_size=1))
def test_latin1_is_not_taken_for_anything_else(text: str) -> None:
    content = (text + LATIN).encode("latin-1")
    assert guess(content).title == "Latin-1 (Windows-1252)"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.integers(0, 3))
def test_utf8_is_utf8_wherever_it_is_cut(text: str, cut: int) -> None:
    content = (text + "\U0001f600").encode()
    assert guess(content[: len(content) - cut]).title == "UTF-8"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["plain", "\u4f60\u597d\u5417", "\u043f\u0440\u0438\u0432\u0435\u0442"])
def test_utf16_without_a_mark(codec: str, text: str, save: Save) -> None:
    content = as_csv((f"{text} {n}", str(n % 2)) for n in range(60))
    path = save(content.encode(codec))
    assert look(path).encoding == "UTF-16 without a byte order mark"
    assert read(path).texts[1] == f"{text} 1"


def test_a_nul_beside_a_line_end_does_not_make_utf16(save: Save) -> None:
    rows = [f"text number {n},{n % 2}\n" for n in range(600)]
    rows[300] = "\0" + rows[300]
    for lead in ("", "x"):
        data = read(save("text,label\n" + lead + "".join(rows)))
        assert (data.findings.encoding, data.findings.malformed) == ("UTF-8", 1)
