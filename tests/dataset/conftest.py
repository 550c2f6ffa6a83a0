"""Rows to write into files of every kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

Pairs = list[tuple[str, str]]


@pytest.fixture
def pairs() -> Pairs:
    """Sixty different texts, half of them positive."""
    return [
        (f"what a {'lovely' if n % 2 else 'horrid'} day number {n}", "positive" if n % 2 else "negative")
        for n in range(60)
    ]


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str | bytes, str], Path]:
    """Writes a file and says where it is; text is written as UTF-8."""

    def write(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def as_csv(
    rows: Iterable[Iterable[str]], delimiter: str = ",", header: Iterable[str] | None = ("text", "label")
) -> str:
    """Rows as the csv module writes them."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    if header:
        writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
