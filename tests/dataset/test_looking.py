"""A quick look says what a wizard needs to ask its questions."""

from __future__ import annotations

import gzip
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_cli.dataset import LabelValue, look

from .conftest import Pairs, as_csv

Save = Callable[..., Path]


def test_a_file_as_a_wizard_sees_it(save: Save) -> None:
    rows = [(str(n), f"I {'love' if n % 3 else 'hate'} thing {n}", "good" if n % 3 else "bad") for n in range(30)]
    seen = look(save(as_csv(rows, ";", header=("id", "tweet", "mood"))))
    assert (seen.format, seen.encoding, seen.delimiter) == ("csv", "UTF-8", ";")
    assert seen.title == "CSV, separated by semicolons"
    assert seen.header == ("id", "tweet", "mood")
    assert (seen.text_column, seen.label_column) == ("tweet", "mood")
    assert (seen.positive, seen.negative) == (("good",), ("bad",))
    assert seen.label_values == (
        LabelValue("good", 20, ("I love thing 1", "I love thing 2")),
        LabelValue("bad", 10, ("I hate thing 0", "I hate thing 3")),
    )
    assert [column.examples[0] for column in seen.columns] == ["0", "I hate thing 0", "bad"]
    assert [column.distinct for column in seen.columns] == [30, 30, 2]
    assert seen.rows[0] == ("0", "I hate thing 0", "bad")
    assert not seen.partial


@pytest.mark.parametrize(
    ("header", "row", "text", "label"),
    [
        (
            ("tweet_id", "airline_sentiment", "airline_sentiment_confidence", "name", "text"),
            ("57{n}", "{polar}", "0.{n}", "Al{n}", "@x thanks {n} times"),
            "text",
            "airline_sentiment",
        ),
        (("Review", "Liked"), ("Loved the place {n}", "{bit}"), "Review", "Liked"),
        (("", "full_text", "class"), ("{n}", "so {n} it goes", "{polar}"), "full_text", "class"),
        (("label", "title", "text"), ("{bit}", "Title {n}", "A much longer text {n} of some words"), "text", "label"),
        (("a", "b"), ("{bit}", "some words {n}"), "b", "a"),
        (None, ("{n}", "{polar}", "some words {n}"), "3", "2"),
        (None, ("@user{n}", "some words {n}", "{bit}"), "2", "3"),
    ],
)
def test_columns_are_guessed(
    header: tuple[str, ...] | None, row: tuple[str, ...], text: str, label: str, save: Save
) -> None:
    rows = [
        [cell.format(n=n, bit=n % 2, polar=("negative", "positive", "neutral")[n % 3]) for cell in row]
        for n in range(40)
    ]
    seen = look(save(as_csv(rows, header=header)))
    assert (seen.text_column, seen.label_column) == (text, label)
    assert (seen.header is None) == (header is None)


def test_chosen_columns_replace_the_guess(save: Save) -> None:
    rows = [(f"first text {n}", f"second text {n}", str(n % 2), "xyz"[n % 3]) for n in range(40)]
    path = save(as_csv(rows, header=("text", "reply", "label", "kind")))
    seen = look(path, text_column="reply", label_column="kind")
    assert (seen.text_column, seen.label_column) == ("reply", "kind")
    assert [value.value for value in seen.label_values] == ["x", "y", "z"]
    assert seen.label_values[0].examples == ("second text 0", "second text 3")
    assert seen.positive == ()


def test_a_file_without_header_is_not_robbed_of_its_first_row(pairs: Pairs, save: Save) -> None:
    seen = look(save(as_csv(pairs, header=None)))
    assert seen.header is None
    assert [column.name for column in seen.columns] == ["1", "2"]
    assert seen.rows[0] == pairs[0]


def test_ratings_suggest_their_ends(save: Save) -> None:
    seen = look(save(as_csv(((f"text {n}", str(n % 5 + 1)) for n in range(50)), header=("text", "stars"))))
    assert (seen.negative, seen.positive) == (("1", "2"), ("4", "5"))


def sorted_by_label(count: int) -> list[tuple[str, str]]:
    return [(f"this is the text with the number {n}", "no" if n < count // 2 else "yes") for n in range(count)]


def seconds_to_look_at(path: Path) -> float:
    """Of CPU."""
    began = time.process_time()
    look(path)
    return time.process_time() - began


def test_a_huge_file_is_quick_to_look_at_and_labels_at_its_end_are_seen(save: Save, tmp_path: Path) -> None:
    huge, path = save(as_csv(sorted_by_label(300_000))), tmp_path / "a-tenth.csv"
    path.write_text(as_csv(sorted_by_label(30_000)))
    # By turns, for a machine has slow moments: ten times the rows take no longer.
    took = [(seconds_to_look_at(path), seconds_to_look_at(huge)) for _ in range(5)]
    assert statistics.median(more / less for less, more in took) < 2
    seen = look(huge)
    assert seen.partial
    assert sum(value.count for value in seen.label_values) < 10_000
    assert {value.value for value in seen.label_values} == {"no", "yes"}


def test_labels_at_the_end_of_json_lines_and_parquet_are_seen(save: Save, tmp_path: Path) -> None:
    rows = sorted_by_label(20_000)
    lines = save("\n".join(json.dumps({"text": text, "label": label}) for text, label in rows), "rows.jsonl")
    texts, labels = zip(*rows, strict=True)
    pq.write_table(pa.table({"text": texts, "label": labels}), tmp_path / "rows.parquet", row_group_size=1000)
    for path in (lines, tmp_path / "rows.parquet"):
        assert {value.value for value in look(path).label_values} == {"no", "yes"}


@pytest.mark.parametrize("size", [300, 1000, 3000, 5000, 100_000])
@pytest.mark.parametrize("count", [5000, 2000])
def test_a_parquet_file_is_looked_at_all_over_whatever_its_groups(tmp_path: Path, size: int, count: int) -> None:
    path, half = tmp_path / "rows.parquet", count // 2
    texts = [f"some words {number}" for number in range(count)]
    pq.write_table(pa.table({"text": texts, "label": ["a"] * half + ["b"] * half}), path, row_group_size=size)
    seen = look(path)
    assert {value.value for value in seen.label_values} == {"a", "b"}
    looked_at = sum(value.count for value in seen.label_values)
    assert seen.partial is (looked_at < count)
    if size > 2000:
        assert looked_at == 2000
        assert seen.label_values[1].count >= 750


def test_only_the_first_part_of_a_gzip_file_is_looked_at(save: Save) -> None:
    seen = look(save(gzip.compress(as_csv(sorted_by_label(50_000)).encode()), "rows.csv.gz"))
    assert seen.partial
    assert [value.value for value in seen.label_values] == ["no"]


def test_spellings_of_a_label_are_one_value(save: Save) -> None:
    rows = [(f"some text {n}", ("ham", "Spam", "Spam", " spam")[n % 4]) for n in range(40)]
    assert [(value.value, value.count) for value in look(save(as_csv(rows))).label_values] == [
        ("Spam", 30),
        ("ham", 10),
    ]


@pytest.mark.parametrize(
    "header",
    [
        ("text", "label", "label"),
        (
            "What would you like to tell us about the product in general?",
            "Would you buy it again?",
            "Where do you live?",
        ),
    ],
)
def test_unusual_headers_are_seen(header: tuple[str, ...], save: Save) -> None:
    rows = [(f"I would say {n}", ("yes", "no")[n % 2], ("here", "there")[n // 2 % 2]) for n in range(40)]
    seen = look(save(as_csv(rows, header=header)))
    assert seen.header == header
    assert (seen.text_column, seen.label_column) == header[:2]
