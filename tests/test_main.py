"""Every failure becomes a message and an exit code, and nothing else."""

from __future__ import annotations

import errno
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
    "arguments",
    [["nonsense"], ["train", "--nonsense"], ["train", "a", "b"], ["train", "--seed", "x"], ["train", "-C", "nowhere"],
     ["init", __file__], ["train", "a.csv", "--data", "b.csv"]],
)  # fmt: skip
def test_wrong_usage_is_2_and_points_to_the_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*arguments, "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "usage"
    assert "--help" in err


@pytest.mark.parametrize(
    ("line", "what", "why", "fix"),
    [
        ("statu", "There is no command statu.", "", "Did you mean status? `sentiment-cli --help`"),
        ("sandbox uq", "There is no command uq.", "", "`sentiment-cli sandbox --help`"),
        ("train --nonsense", "There is no flag --nonsense.", "", "`sentiment-cli train --help`"),
        ("train --no-inpu", "There is no flag --no-inpu.", "", "Did you mean --no-input?"),
        ("--region us-east-1 deploy", "--region belongs behind deploy.", "", "`sentiment-cli deploy --region ...`"),
        ("-s prod status -v", "-s belongs behind status.", "", "`sentiment-cli status -s ...`"),
        ("--region=x -C . plan", "--region belongs behind plan.", "", "`sentiment-cli plan --region ...`"),
        ("--force init", "--force belongs behind init.", "", "`sentiment-cli init --force`"),
        ("--stage dev sandbox up", "There is no flag --stage.", "", "`sentiment-cli --help`"),
        ("--engine docker sandbox up", "--engine belongs behind sandbox up.", "", "`sentiment-cli sandbox up --engine"),
        ("sandbox --engine docker up", "--engine belongs behind sandbox up.", "", "`sentiment-cli sandbox up --engine"),
        ("--limit 3 status", "There is no flag --limit.", "", "`sentiment-cli --help`"),
        ("--region plan deploy", "--region belongs behind deploy.", "", "`sentiment-cli deploy --region ...`"),
        ("--sandbox invoke status", "--sandbox belongs behind invoke.", "", "`sentiment-cli invoke --sandbox`"),
        ("--region deploy", "--region belongs behind deploy.", "", "`sentiment-cli deploy --region ...`"),
        ("train --limit", "--limit needs a value.", "last word", "`sentiment-cli train --help`"),
        ("train --json=1", "--json takes no value.", "switch", "`sentiment-cli train --help`"),
        ("train a b", "These words are too many: b.", "fewer", "in quotes"),
        ("train a --data b", "--data cannot be used.", "The data were named already", "Leave one of them out."),
        ("train --limit 0", "--limit 0 cannot be used.", "It takes a whole number from 1.", "Correct it."),
        ("train --limit x", "--limit x cannot be used.", "It takes a whole number from 1.", "Correct it."),
        ("train --limit 1.5", "--limit 1.5 cannot be used.", "It takes a whole number from 1.", "Correct it."),
        ("train --test-size x", "--test-size x cannot be used.", "It takes a number.", "Correct it."),
        ("train --min-accuracy 2", "--min-accuracy 2 cannot be used.", "It takes a number from 0 to 1.", "Correct"),
        ("train --test-size inf", "--test-size inf cannot be used.", "no number to reckon with", "Give a value"),
        ("load-test --p99 1e300", "--p99 1e300 cannot be used.", "It takes a number from 1 to 60000.", "Correct it."),
        ("load-test --rate 1e300", "--rate 1e300 cannot be used.", "a number from 0.001 to 1000000000.", "Correct it."),
        ("serve-local --workers 99999", "--workers 99999 cannot", "a whole number from 1 to 512.", "Correct it."),
        ("serve-local --port -1", "--port -1 cannot be used.", "a whole number from 0 to 65535.", "Correct it."),
        ("deploy --endpoint foo", "--endpoint foo cannot be used.", "It is one of realtime, serverless.", "Correct"),
        ("init --api-auth x", "--api-auth x cannot be used.", "It is one of api-key, iam, none.", "Correct it."),
        ("sandbox faults nope", "KIND nope cannot be used.", "It is one of throttle, ", "Correct it."),
        ("status -C /nowhere", "--project-dir /nowhere cannot be used.", "There is no such folder.", "Correct it."),
        (f"status -C {__file__}", "--project-dir ", "That is a file, and it takes a folder.", "Correct it."),
        ("train --format=", "--format '' cannot be used.", "It is empty.", "leave it out"),
    ],
)  # fmt: skip
def test_a_usage_error_is_told_in_our_words(
    line: str, what: str, why: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run([*line.split(), *(["--json"] if line != "train --limit" else [])]) == 2
    out, err = capsys.readouterr()
    for library in ("Invalid value", "Input should", "Value error", "No such", "Option '"):
        assert library not in err
    if out:
        error = json.loads(out)["error"]
        assert error["code"] == "usage"
        assert "--help" in error["fix"]
    assert all(part in err for part in (what, why, fix))


@pytest.mark.parametrize("since", ["soon", "-1h", "1", "h", "1.5h", "9" * 5000 + "d"])
def test_a_time_that_is_none_is_refused(since: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["logs", "--json", "--since", since]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad-value"


def test_a_usage_error_names_the_variable_that_was_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SENTIMENT_LIMIT", "many")
    assert main.run(["train"]) == 2
    assert "SENTIMENT_LIMIT=many (it stands for --limit) cannot be used." in capsys.readouterr().err


@pytest.mark.parametrize(("value", "wanted"), [("1", True), ("true", True), ("0", False), ("no", False), ("", False)])
def test_switches_of_the_environment_hold_for_errors_too(
    value: str, wanted: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SENTIMENT_JSON", value)
    assert main.run(["train", "nowhere.csv"]) == 2
    assert bool(capsys.readouterr().out) is wanted


def test_what_follows_two_dashes_is_no_switch(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["invoke", "--url", "nonsense", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{sys.executable} -m sentiment_cli train --help | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, env={**os.environ})
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_are_no_traceback(closed: str, tmp_path: Path) -> None:
    command = f"{sys.executable} -m sentiment_cli invoke --json {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", ["invoke x --url nonsense --json", "init p --data sample --region us-east-1"])
def test_output_to_a_full_disk_is_no_traceback(arguments: str, tmp_path: Path) -> None:
    command = f"{sys.executable} -m sentiment_cli {arguments} --json --no-input >/dev/full"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert done.stderr.count("Error: ") == 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_what_the_system_refuses_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(OSError(errno.EROFS, "Read-only file system", "/there/.sentiment"), monkeypatch)
    assert main.run(["train", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "cannot-write"
    assert "/there/.sentiment" in error["what"]


def test_an_ascii_terminal_is_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sentiment_cli", "invoke", "--url", "http://127.0.0.1:9", "😒"],
        capture_output=True, check=False, cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
