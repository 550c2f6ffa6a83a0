"""Every failure becomes a message and an exit code, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_cli import main
from sentiment_cli.errors import (
    CredentialsError,
    Declined,
    InputError,
    Interrupted,
    PartlyDone,
    Refused,
    SentimentError,
)


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: object) -> int:
        raise error

    monkeypatch.setattr(main, "_run", fail)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (SentimentError, 1),
        (InputError, 2),
        (Declined, 3),
        (CredentialsError, 4),
        (Refused, 5),
        (PartlyDone, 6),
        (Interrupted, 130),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    kind: type[SentimentError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(kind("It cannot be done.", "For a reason.", "Do this.", code="some-code"), monkeypatch)
    assert main.run(["train", "--json"]) == code
    out, err = capsys.readouterr()
    expected = {"what": "It cannot be done.", "why": "For a reason.", "fix": "Do this.", "code": "some-code"}
    assert json.loads(out) == {"error": expected}
    label = "" if code in (3, 130) else "Error: "  # no and Ctrl-C are what the user wanted
    assert err == f"{label}It cannot be done.\nFor a reason.\n→ Do this.\n"


def test_without_json_stdout_stays_empty(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(InputError("No."), monkeypatch)
    main.run(["train"])
    assert capsys.readouterr().out == ""


def test_a_defect_names_a_log_with_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    raising(ZeroDivisionError("division by zero"), monkeypatch)
    assert main.run(["train"]) == 1
    err = capsys.readouterr().err
    [log] = tmp_path.glob("sentiment-cli-*.log")
    assert str(log) in err
    assert "Traceback" not in err
    assert "Traceback" in log.read_text()


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(ZeroDivisionError("division by zero"), monkeypatch)
    main.run(["train", "--debug"])
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(KeyboardInterrupt(), monkeypatch)
    assert main.run(["train"]) == 130


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["train", "--nonsense"], ["train", "a", "b"], ["train", "--seed", "x"]]
)
def test_wrong_usage_is_2_and_points_to_the_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*arguments, "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "usage"
    assert "--help" in err


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{sys.executable} -m sentiment_cli train --help | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, env={**os.environ})
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


def test_an_ascii_terminal_is_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sentiment_cli", "invoke", "--url", "http://127.0.0.1:9", "😒"],
        capture_output=True, check=False, cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
