"""Rows that cannot be read are counted and named by line; too many of them are an error."""

from __future__ import annotations

import json

import pytest

from sentiment_cli.dataset import BadRow, read
from sentiment_cli.errors import InputError

from .conftest import as_csv

GOOD = [(f"text number {n}", ("negative", "positive")[n % 2]) for n in range(600)]


def csv_with(line: str, at: int = 100) -> str:
    """Six hundred good lines under a header, and one more as line `at` of the file."""
    lines = as_csv(GOOD).replace("\r\n", "\n").splitlines(keepends=True)
    return "".join([*lines[: at - 1], line + "\n", *lines[at - 1 :]])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("one column only", "1 column where 2 are expected"),
        ("a,text,with,commas,positive", "5 columns where 2 are expected"),
        ("no label here,", "no label"),
        ("a NUL \0 in it,positive", "a NUL character"),
        ('"an open quote,positive', "never closed"),
        ('"a closed" quote,positive', "after a closing quote"),
        ("a text,postive", "unknown label 'postive'"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_costs_only_itself(line: str, reason: str, save) -> None:
    found = read(save(csv_with(line))).findings
    assert found.malformed == 1
    assert found.rows == 600
    assert found.first_malformed[0].line == 100
    assert reason in found.first_malformed[0].reason
    assert any("Malformed: 1 row; left out (line 100: " in text for text in found.lines())


@pytest.mark.parametrize("following", [5, 1500])
def test_an_open_quote_does_not_swallow_the_rows_after_it(following: int, save) -> None:
    many = [(f"text number {n}", ("negative", "positive")[n % 2]) for n in range(3000)]
    lines = as_csv(many).replace("\r\n", "\n").splitlines(keepends=True)
    lines.insert(len(lines) - following, '"never closed,positive\n')
    data = read(save("".join(lines)))
    assert data.texts == [text for text, _ in many]
    assert data.findings.first_malformed == (BadRow(3002 - following, "a quote is opened and never closed"),)


def test_a_quote_closed_by_a_later_row_costs_one_row(save) -> None:
    lines = as_csv(GOOD).replace("\r\n", "\n").splitlines(keepends=True)
    lines[50:50] = ['"opened here,positive\n', "fine,negative\n", 'closed" here,positive\n', "fine too,positive\n"]
    data = read(save("".join(lines)))
    assert [bad.line for bad in data.findings.first_malformed] == [51]
    assert {"fine", "fine too", 'closed" here'} < set(data.texts)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "cut off', "not valid JSON"),
        ('["text", "label"]', "not a JSON object"),
        ('{"label": "positive"}', "no 'text'"),
        ('{"text": "no label"}', "no 'label'"),
        ('{"text": "null label", "label": null}', "no label"),
        ('{"text": 12, "label": "positive"}', "not a text"),
        ('{"text": "a NUL \\u0000", "label": "positive"}', "a NUL character"),
        ('{"a":' * 100_000, "not valid JSON"),
    ],
)
def test_a_bad_line_of_json_is_named(line: str, reason: str, save) -> None:
    lines = [json.dumps({"text": text, "label": label}) for text, label in GOOD]
    lines.insert(99, line)
    found = read(save("\n".join(lines), "data.jsonl")).findings
    assert (found.rows, found.malformed, found.first_malformed[0].line) == (600, 1, 100)
    assert reason in found.first_malformed[0].reason


def test_one_percent_of_bad_rows_is_too_much(save) -> None:
    good = as_csv(GOOD[:594])
    with pytest.raises(InputError) as caught:
        read(save(good + "bad\n" * 6))
    assert caught.value.code == "malformed-rows"
    assert "6 of 600" in caught.value.what
    assert "line 596: 1 column where 2 are expected" in caught.value.why
    assert read(save(good + "bad\n" * 5)).findings.malformed == 5


def test_labels_that_sentiment140_does_not_have_are_malformed(save) -> None:
    def lines(target: str, count: int) -> str:
        return "".join(f'"{target}","{n}","Mon Apr 06","NO_QUERY","user{n}","text {n}"\n' for n in range(count))

    good = lines("0", 300) + lines("4", 294)
    found = read(save(good + lines("7", 5)), format="sentiment140").findings
    assert (found.rows, found.malformed, found.first_malformed) == (594, 5, (BadRow(595, "unknown label '7'"),))
    with pytest.raises(InputError, match="6 of 600"):
        read(save(good + lines("7", 6)), format="sentiment140")


def test_blank_lines_and_empty_texts_are_not_malformed(save) -> None:
    found = read(save(as_csv(GOOD) + "\n\n   \n,positive\n  ,negative\n")).findings
    assert (found.rows, found.empty, found.malformed) == (600, 2, 0)
    assert any("Empty: 2 rows without text" in line for line in found.lines())


def test_a_broken_array_is_refused_with_the_line(save) -> None:
    rows = [json.dumps({"text": text, "label": label}) for text, label in GOOD]
    rows[300] = '{"text": "cut'
    with pytest.raises(InputError, match="near line 302") as caught:
        read(save("[\n" + ",\n".join(rows) + "\n]", "data.json"))
    assert "JSON Lines" in caught.value.fix


def test_bytes_of_another_encoding_are_mended_and_named(save) -> None:
    lines = [f"caf\xe9 {n} \U0001f600,{n % 2}\n".encode() for n in range(100)]
    lines[41] = b"caf\xe9 \x93so\x94,1\n"
    data = read(save(b"text,label\n" + b"".join(lines)))
    assert data.texts[41] == "caf\xe9 \u201cso\u201d"
    assert data.texts[40] == "caf\xe9 40 \U0001f600"
    assert data.findings.encoding == "UTF-8"
    assert (data.findings.repaired, data.findings.first_repaired) == (1, (43,))
    assert any("Odd bytes: 1 line not in UTF-8" in line and "43" in line for line in data.findings.lines())
