"""What a reading found, as numbers and as lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentiment_cli.dataset import read
from sentiment_cli.dataset.findings import repeats

from .conftest import Pairs, as_csv

Save = Callable[..., Path]


def test_repeated_and_contradictory_rows_are_told_apart_and_kept(pairs: Pairs, save: Save) -> None:
    more = [pairs[0], pairs[0], pairs[1], (pairs[2][0], "positive"), (pairs[2][0], "positive")]
    found = read(save(as_csv([*pairs, *more]))).findings
    assert (found.rows, found.duplicates, found.contradictory) == (65, 4, 1)
    assert "Duplicates: 4 rows with the text and label of an earlier one; kept" in found.lines()
    assert "Contradictory: 1 text with more than one label; kept" in found.lines()


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 2)), min_size=1, max_size=40))
def test_repeats_are_counted_as_plain_sets_count_them(rows: list[tuple[str, int]]) -> None:
    texts, labels = [text for text, _ in rows], np.array([label for _, label in rows], dtype=np.int8)
    distinct = set(rows)
    contradictory = sum(len({label for other, label in distinct if other == text}) > 1 for text in set(texts))
    assert repeats(texts, labels) == (len(rows) - len(distinct), contradictory)


def test_a_clean_file_has_three_lines_and_no_warning(pairs: Pairs, save: Save) -> None:
    found = read(save(as_csv(pairs))).findings
    assert found.lines() == [
        "CSV, separated by commas, UTF-8",
        "60 rows",
        "Labels: Negative 30 (50%), Positive 30 (50%)",
    ]
    assert not [note for note in found.notes() if note.level == "warning"]


def test_a_lopsided_file_is_warned_about(save: Save) -> None:
    found = read(save(as_csv((f"text {n}", "yes" if n % 10 else "no") for n in range(300)))).findings
    assert [note.text for note in found.notes() if note.level == "warning"] == [
        "Labels: Negative 30 (10%), Positive 270 (90%)"
    ]


def test_odd_encodings_are_named(pairs: Pairs, save: Save) -> None:
    content = as_csv((f"{text} caf\xe9", label) for text, label in pairs)
    for codec, title in (("latin-1", "Latin-1 (Windows-1252)"), ("utf-16", "UTF-16"), ("utf-8", "UTF-8")):
        assert read(save(content.encode(codec))).findings.lines()[0] == f"CSV, separated by commas, {title}"
