"""`invoke` as a program: every way to hand over texts, what is answered, and what is said when nobody answers."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sentiment_cli import main
from tests.commands.conftest import Done, run

GOOD, BAD = "what a lovely day, I love it", "this is awful, I hate it"


class Asked:
    """Runs `invoke` against the server, in a folder of the test's own; in this process, which is much quicker."""

    def __init__(
        self, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.url, self.folder = url, folder
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str, given: bytes = b"") -> Done:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        self._capsys.readouterr()
        code = main.run(["invoke", "--url", self.url, *arguments])
        return Done(arguments, code, *self._capsys.readouterr())

    def answers(self, *arguments: str, given: bytes = b"") -> list[dict[str, Any]]:
        done = self("--json", *arguments, given=given)
        assert done.returncode == 0, done.stderr
        [line] = done.stdout.splitlines()
        return list(json.loads(line)["output"])


@pytest.fixture
def ask(served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asked:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return Asked(served, tmp_path, monkeypatch, capsys)


def labels(answers: list[dict[str, Any]]) -> list[str]:
    return [row["label"] for row in answers]


def test_the_server_of_the_project_is_found(home: Path, ask: Asked) -> None:
    found = run("invoke", "--json", GOOD, cwd=home)
    assert found.stdout == ask("--json", GOOD).stdout
    assert json.loads(found.stdout)["output"]


def test_json_is_the_answer_of_the_server(ask: Asked) -> None:
    good, bad = ask.answers(GOOD, BAD)
    assert set(good) == {"label", "score"}
    assert (good["label"], bad["label"]) == ("Positive", "Negative")
    assert 0.5 < good["score"] <= 1


def test_the_table_has_a_row_a_text(ask: Asked) -> None:
    done = ask(GOOD, BAD)
    heading, first, second = (line.rstrip() for line in done.stdout.splitlines())
    assert heading.split() == ["label", "score", "text"]
    assert first.split(maxsplit=2)[::2] == ["Positive", GOOD]
    assert second.split(maxsplit=2)[::2] == ["Negative", BAD]
    assert done.stderr == ""


FILES = {
    "body.json": json.dumps({"input": [{"text": GOOD}, {"text": BAD}]}),
    "list.json": json.dumps([GOOD, BAD]),
    "rows.jsonl": f"{json.dumps({'text': GOOD})}\n{json.dumps({'text': BAD})}\n",
    "rows.csv": f'id,text\n1,"{GOOD}"\n2,"{BAD}"\n',
    "rows.tsv": f"text\tid\n{GOOD}\t1\n{BAD}\t2\n",
    "lines.txt": f"{GOOD}\n\n{BAD}\r\n",
}


@pytest.mark.parametrize("name", FILES)
def test_every_form_by_file_and_by_pipe(ask: Asked, name: str) -> None:
    (ask.folder / name).write_text(FILES[name], encoding="utf-8")
    expected = ask.answers(GOOD, BAD)
    assert ask.answers("--file", name) == expected
    assert ask.answers(given=FILES[name].encode()) == expected
    assert ask.answers("--file", "-", given=FILES[name].encode()) == expected


def test_explain_names_the_words_with_their_weights(ask: Asked) -> None:
    [row] = ask.answers("--explain", GOOD)
    weights = {each["word"]: each["weight"] for each in row["explanation"]}
    assert weights["love"] > 0
    [table] = ask("--explain", GOOD).stdout.splitlines()[1:]
    assert f"+{weights['love']:.2f} love" in table


def test_explain_shows_what_spoke_against_the_label(ask: Asked) -> None:
    table = ask("--explain", "I love this awful day, so awful, I hate it").stdout
    assert "-" in table.split("it", 1)[1]
    assert "love" in table.split("words that decided", 1)[1]


def test_a_text_without_a_known_word_is_said_so(ask: Asked) -> None:
    assert "no word that the model knows" in ask("--explain", "qqqqzzzz").stdout


def test_a_body_that_asks_for_an_explanation_gets_it(ask: Asked) -> None:
    given = json.dumps({"input": [{"text": GOOD}], "explain": True}).encode()
    assert "words that decided" in ask(given=given).stdout
    assert ask.answers(given=given)[0]["explanation"]


def test_a_long_text_is_cut_in_the_table_and_whole_in_the_question(ask: Asked) -> None:
    text = "so " * 200 + "awful awful awful, I hate it"
    done = ask(text)
    assert "…" in done.stdout
    assert "hate" not in done.stdout
    assert labels(ask.answers(text)) == ["Negative"]


@pytest.mark.parametrize("text", ["", "   ", "😒", "日本語", "a\tb\nc", "-1", '{"input": 3}', "\u202eabc"])
def test_any_text_gets_an_answer(ask: Asked, text: str) -> None:
    assert len(ask.answers("--", text)) == 1


def test_a_narrow_terminal_shows_all_columns(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    done = ask("--explain", GOOD)
    assert max(len(line) for line in done.stdout.splitlines()) <= 40
    assert "Positive" in done.stdout


def test_a_reader_that_goes_away_is_no_traceback(ask: Asked) -> None:
    command = f"{sys.executable} -m sentiment_cli invoke --url {ask.url} --json | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, input="a b c\n" * 5000)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "given", "code"),
    [
        (("--file", "nowhere.txt"), b"", "no-file"),
        (("--file", "."), b"", "no-file"),
        (("--file", "nowhere.txt", "text"), b"", "usage"),
        ((), b"", "no-texts"),
        ((), b'{"input": 3}', "bad-body"),
        ((), b'{"text": "a"}\n{"text": 3}', "bad-row"),
        ((), b"\x89PNG\0\xff", "binary"),
        (("\udcff",), b"", "bad-text"),
        (("--url", "nonsense", "x"), b"", "bad-url"),
        (("--url", "http://[::1", "x"), b"", "bad-url"),
        (("--target", "nonsense", "x"), b"", "usage"),
    ],
)
def test_what_cannot_be_asked_is_2_and_one_object(
    ask: Asked, arguments: tuple[str, ...], given: bytes, code: str
) -> None:
    done = ask("--json", *arguments, given=given)
    assert done.returncode == 2
    [line] = done.stdout.splitlines()
    assert json.loads(line)["error"]["code"] == code


def test_nothing_listening_is_1_and_says_how_to_serve(tmp_path: Path) -> None:
    done = run("invoke", "hello", "--url", "http://127.0.0.1:9", "--json", cwd=tmp_path)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "not-serving"
    assert "serve-local" in error["fix"]


def test_a_server_that_was_killed_is_missed(project: Path) -> None:
    started = run("serve-local", "--detach", "--port", "0", "--engine", "process", "--json", cwd=project)
    result = json.loads(started.stdout)
    os.killpg(result["pid"], signal.SIGKILL)
    done = run("invoke", GOOD, cwd=project)
    assert done.returncode == 1
    assert result["url"] in done.stderr
    assert "Nothing is listening" in done.stderr
    assert done.stdout == ""


class Stranger(BaseHTTPRequestHandler):
    """Answers as some other program would, by the first folder of its address."""

    def do_POST(self) -> None:
        kind = self.path.split("/")[1]
        if kind == "hangs-up":
            return
        body = {
            "page": b"<html>",
            "other": b'{"output": [1]}',
            "few": b'{"output": []}',
            "broken": b'{"title": "Boom"}',
        }
        self.send_response(500 if kind == "broken" else 200)
        self.end_headers()
        self.wfile.write(body[kind])

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("page", "not-ours"),
        ("other", "not-ours"),
        ("few", "not-ours"),
        ("broken", "http-500"),
        ("hangs-up", "no-answer"),
    ],
)
def test_another_program_at_the_address_is_noticed(stranger: str, ask: Asked, kind: str, code: str) -> None:
    done = ask("--url", f"{stranger}/{kind}", "--json", "x")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == code


@pytest.mark.parametrize("stage", ["..", "../..", "local", "A"])
@pytest.mark.parametrize("command", [("invoke", "hi"), ("load-test",)])
def test_what_cannot_be_a_stage_is_no_path(project: Path, command: tuple[str, ...], stage: str) -> None:
    mine = project / "state.json"
    mine.write_text("not of this program")
    done = run(*command, "--stage", stage, "--json", cwd=project)
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (2, "bad-stage")
    assert mine.read_text() == "not of this program"
    assert not list(project.glob("*damaged*"))


def test_a_damaged_journal_is_told_of(project: Path) -> None:
    journal = project / ".sentiment/dev/state.json"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_text("{")
    done = run("invoke", "hi", "--no-input", cwd=project, AWS_CONFIG_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true")
    assert "cannot be read; it is kept as" in done.stderr
