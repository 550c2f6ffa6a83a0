"""Files of every format, delimiter and encoding read as the same rows."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_cli.dataset import read
from sentiment_cli.errors import InputError
from sentiment_cli.events import Event, Progress

from .conftest import Pairs, as_csv

BOM = "\ufeff"


def written(pairs: Pairs) -> dict[str, bytes]:
    """The rows as a file of every kind."""
    comma = as_csv(pairs)
    lines = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in pairs)
    return {
        "comma.csv": comma.encode(),
        "semicolon.csv": as_csv(pairs, ";").encode(),
        "bar.txt": as_csv(pairs, "|").encode(),
        "tab.tsv": as_csv(pairs, "\t").encode(),
        "no-name-for-it": as_csv(pairs, "\t").encode(),
        "swapped.csv": as_csv(((label, text) for text, label in pairs), header=("label", "text")).encode(),
        "headless.csv": as_csv(pairs, header=None).encode(),
        "headless-swapped.csv": as_csv(((label, text) for text, label in pairs), header=None).encode(),
        "lines.jsonl": lines.encode(),
        "misnamed.csv": lines.encode(),
        "array.json": json.dumps([{"text": text, "label": label} for text, label in pairs], indent=1).encode(),
        "bom.csv": (BOM + comma).encode(),
        "utf16.csv": comma.encode("utf-16"),
        "utf16-le.csv": comma.encode("utf-16-le"),
        "utf16-be.csv": comma.encode("utf-16-be"),
        "utf16-be-bom.csv": (BOM + comma).encode("utf-16-be"),
        "utf32.csv": comma.encode("utf-32"),
        "crlf.csv": comma.replace("\r\n", "\n").replace("\n", "\r\n").encode(),
        "mac.csv": comma.replace("\r\n", "\r").encode(),
        "bom.jsonl": (BOM + lines).encode(),
        "utf16.jsonl": lines.encode("utf-16"),
    }


@pytest.mark.parametrize("name", written([]))
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_every_kind_of_file_reads_as_the_same_rows(name: str, compressed: bool, pairs: Pairs, tmp_path: Path) -> None:
    content = written(pairs)[name]
    path = tmp_path / (name + ".gz" * compressed)
    path.write_bytes(gzip.compress(content) if compressed else content)
    data = read(path)
    assert data.texts == [text for text, _ in pairs]
    assert [data.names[label] for label in data.labels] == [label.capitalize() for _, label in pairs]
    assert data.names == ("Negative", "Positive")
    assert (data.findings.malformed, data.findings.empty, data.findings.left_out) == (0, 0, {})


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_parquet(compressed: bool, pairs: Pairs, tmp_path: Path) -> None:
    path = tmp_path / "rows"
    texts, labels = zip(*pairs, strict=True)
    marks = pa.array([label == "positive" for label in labels])
    pq.write_table(pa.table({"id": range(60), "sentiment": marks, "tweet": pa.array(texts).dictionary_encode()}), path)
    if compressed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    data = read(path)
    assert data.texts == list(texts)
    assert data.labels.tolist() == [int(label == "positive") for label in labels]


def test_parquet_without_the_library_says_how_to_get_it(
    pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": ["a"], "label": ["b"]}), path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError) as caught:
        read(path)
    assert "pip install pyarrow" in caught.value.fix


def test_sentiment140(tmp_path: Path) -> None:
    path = tmp_path / "training.csv"
    rows = [
        (
            str(4 * (n % 2)),
            str(1467810000 + n),
            "Mon Apr 06 22:19:45 PDT 2009",
            "NO_QUERY",
            f"user{n}",
            f"caf\xe9 &lt;3 {n}",
        )
        for n in range(60)
    ]
    rows.append(("2", "9", "Mon Apr 06 22:19:45 PDT 2009", "query", "someone", "so so"))
    path.write_bytes("".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows).encode("latin-1"))
    data = read(path)
    assert data.texts == [f"caf\xe9 <3 {n}" for n in range(60)]
    assert data.labels.tolist() == [n % 2 for n in range(60)]
    assert data.findings.title == "Sentiment140's format"
    assert data.findings.left_out == {"neutral (label 2)": 1}
    assert any("Left out: 1 row, neutral" in line for line in data.findings.lines())


CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\t")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(TEXTS, min_size=40, max_size=50),
    delimiter=st.sampled_from(",;\t|"),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_text_survives_quoting(texts: list[str], delimiter: str, codec: str, tmp_path: Path) -> None:
    rows = [(text, ("yes", "no")[n % 2]) for n, text in enumerate(texts)]
    path = tmp_path / "rows.csv"
    path.write_bytes(as_csv(rows, delimiter).encode(codec))
    assert read(path).texts == texts


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(CHARACTERS | st.sampled_from("\n\r\u2028\x85"), min_size=1).filter(str.strip),
        min_size=40,
        max_size=50,
    ),
    as_array=st.booleans(),
)
def test_any_text_survives_json(texts: list[str], as_array: bool, tmp_path: Path) -> None:
    rows = [{"text": text, "label": n % 2} for n, text in enumerate(texts)]
    path = tmp_path / "rows"
    content = json.dumps(rows) if as_array else "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(content, encoding="utf-8", newline="")
    assert read(path).texts == texts


def test_texts_may_run_over_lines(pairs: Pairs, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    texts = [f'{text}\nsecond line\n\nfourth, "quoted" line' for text, _ in pairs]
    path.write_text(as_csv(zip(texts, (label for _, label in pairs), strict=True)), newline="")
    assert read(path).texts == texts


def test_quotes_escaped_with_backslashes_are_understood(pairs: Pairs, save) -> None:
    path = save("text,label\n" + "".join(f'"{text} \\"indeed\\", she said",{label}\n' for text, label in pairs))
    assert read(path).texts == [f'{text} "indeed", she said' for text, _ in pairs]


def test_tabs_separate_texts_with_stray_quotes(pairs: Pairs, save) -> None:
    rows = [(f'"{text}' if n % 3 else f'"{text}" he said', label) for n, (text, label) in enumerate(pairs)]
    data = read(save("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows), "data.tsv"))
    assert data.texts == [text for text, _ in rows]


def test_a_text_may_be_longer_than_the_csv_module_allows_by_default(pairs: Pairs, save) -> None:
    pairs[3] = ("wow " * 100_000, "positive")
    data = read(save(as_csv(pairs)))
    assert data.texts[3] == "wow " * 100_000
    assert data.findings.long == 1
    assert any("Long: 1 text of more than 10,000 characters" in line for line in data.findings.lines())


def test_an_array_is_read_across_its_blocks(tmp_path: Path) -> None:
    rows = [{"text": f"{n} " + "x" * 300, "label": n % 2} for n in range(2000)]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows, indent=2))
    assert read(path).texts == [row["text"] for row in rows]


def test_half_a_character_pair_in_json_becomes_a_replacement_mark(pairs: Pairs, save) -> None:
    lines = [json.dumps({"text": text, "label": label}) for text, label in pairs]
    lines[0] = '{"text": "half \\ud83d", "label": "negative"}'
    assert read(save("\n".join(lines), "data.jsonl")).texts[0] == "half \ufffd"


def test_columns_by_name_and_by_number(pairs: Pairs, save) -> None:
    path = save(
        as_csv(
            ((label, "x", text, "a long remark about nothing") for text, label in pairs), header=("A", "B", "C", "D")
        )
    )
    by_name = read(path, text_column=" c ", label_column="A")
    assert by_name.texts == [text for text, _ in pairs]
    assert read(path, text_column="3", label_column="1").sha256 == by_name.sha256


def test_the_same_rows_have_the_same_digest(pairs: Pairs, save) -> None:
    first = read(save(as_csv(pairs)))
    assert first.sha256 == read(save(as_csv(pairs, ";"), "other.csv")).sha256
    changed = [*pairs[:-1], (pairs[-1][0], "negative")]
    assert first.sha256 != read(save(as_csv(changed))).sha256


def test_progress_tells_rows_and_bytes(save) -> None:
    events: list[Event] = []
    path = save(as_csv((f"text {n}", str(n % 2)) for n in range(50_000)))
    read(path, emit=events.append)
    seen = [event for event in events if isinstance(event, Progress)]
    read_rows = [event.done for event in seen if event.unit == "rows"]
    read_bytes = [event.done for event in seen if event.unit == "bytes"]
    assert read_rows == [20_000, 40_000, 50_000]
    assert read_bytes == sorted(read_bytes)
    assert 0 < read_bytes[0] < read_bytes[-1] == path.stat().st_size
