"""Texts to ask about, in every form a person may hand them over."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from sentiment_cli.errors import InputError
from sentiment_cli.texts import collect

EXPECTED = ["Today was a great day!", 'she said "no", then left', "déjà vu 😒"]


class Pipe(io.TextIOWrapper):
    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


BODIES = {
    "body.json": '{"input": [{"text": "Today was a great day!"}, {"text": "she said \\"no\\", then left"},'
    ' {"text": "déjà vu 😒"}]}',
    "rows.jsonl": '{"text": "Today was a great day!"}\n\n{"text": "she said \\"no\\", then left"}\n'
    '{"text": "déjà vu 😒"}\n',
    "rows.csv": 'id,text\n1,Today was a great day!\n2,"she said ""no"", then left"\n3,déjà vu 😒\n',
    "rows.tsv": 'tweet\tid\nToday was a great day!\t1\n"she said ""no"", then left"\t2\ndéjà vu 😒\t3\n',
    "lines.txt": 'Today was a great day!\n\nshe said "no", then left\r\n  déjà vu 😒  \n',
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_form_and_encoding_gives_the_same_texts(tmp_path: Path, name: str, encoding: str) -> None:
    (tmp_path / name).write_bytes(BODIES[name].encode(encoding))
    assert collect([], tmp_path / name, Keyboard(), explain=False).texts == EXPECTED
    assert collect([], None, Pipe(BODIES[name].encode(encoding)), explain=False).texts == EXPECTED


def test_arguments_are_taken_as_they_are() -> None:
    assert collect(["a, b", "{"], None, Keyboard(), explain=True).texts == ["a, b", "{"]


def test_a_dash_is_stdin() -> None:
    assert collect([], Path("-"), Pipe(b"one\ntwo\n"), explain=False).texts == ["one", "two"]


def test_a_body_may_ask_for_an_explanation() -> None:
    assert collect([], None, Pipe(b'{"input": [{"text": "a"}], "explain": true}'), explain=False).explain


def test_latin_1_is_no_obstacle() -> None:
    assert collect([], None, Pipe("café".encode("latin-1")), explain=False).texts == ["café"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no text"),
        (b"\n \n", "no text"),
        (b'{"input": "text"}', "not a request"),
        (b'{"input": [{"tweet": "x"}]}', "Row 1"),
        (b'{"text": "fine"}\n{"text": 3}\n', "Row 2"),
        (b'{"text": "fine"}\n{broken\n', "not valid JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\xff", "not text"),
    ],
)
def test_bad_input_is_said_so(content: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        collect([], None, Pipe(content), explain=False)
    assert said in caught.value.what


def test_a_csv_file_without_a_known_column_lists_its_columns(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError) as caught:
        collect([], tmp_path / "x.csv", Keyboard(), explain=False)
    assert "a, b" in caught.value.why


def test_nothing_at_all_says_how_to_ask() -> None:
    with pytest.raises(InputError, match="no text") as caught:
        collect([], None, Keyboard(), explain=False)
    assert "invoke" in caught.value.fix


def test_a_missing_file_and_texts_given_twice() -> None:
    with pytest.raises(InputError, match="Cannot read"):
        collect([], Path("nowhere.txt"), Keyboard(), explain=False)
    with pytest.raises(InputError, match="twice"):
        collect(["a"], Path("b"), Keyboard(), explain=False)


def test_a_list_is_json_too() -> None:
    for body in (b'[{"text": "good"}, {"text": "bad"}]', b'["good", "bad"]'):
        assert collect([], None, Pipe(body), explain=False).texts == ["good", "bad"]
    assert collect([], None, Pipe(b"[red] is no list\n[1, 2]"), explain=False).texts == ["[red] is no list", "[1, 2]"]


def test_only_line_ends_end_a_line() -> None:
    strange = "a\u2028b\x85c"
    for body in (f'{{"text": "{strange}"}}\n{{"text": "e"}}', strange + "\ne"):
        assert collect([], None, Pipe(body.encode()), explain=False).texts == [strange, "e"]


def test_a_text_may_be_as_long_as_the_file() -> None:
    long = "so good " * 100_000
    assert collect([], None, Pipe(f'text\n"{long}"\nshort\n'.encode()), explain=False).texts == [long, "short"]


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        collect([], None, Pipe(b'{"input": ' + b"[" * 100_000), explain=False)
    assert caught.value.code == "bad-json"
