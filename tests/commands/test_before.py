"""Flags of every command mean the same before its name and after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_cli.commands.before import moved
from tests.commands.conftest import run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-C dir status", "status -C dir"),
        ("--project-dir dir status --json", "status --project-dir dir --json"),
        ("--project-dir=dir -Cother status x", "status --project-dir=dir -Cother x"),
        ("--json -y -v --yes --verbose --no-input --no-color --debug status",
         "status --json -y -v --yes --verbose --no-input --no-color --debug"),
        ("-yv status", "status -yv"),
        ("-yvC dir status", "status -yvC dir"),
        ("-yCdir status", "status -yCdir"),
        ("-C a status -C b", "status -C a -C b"),
        ("--json invoke -- --json", "invoke --json -- --json"),
        ("--json sandbox up", "sandbox up --json"),
        ("--json sandbox -C dir up -v", "sandbox up --json -C dir -v"),
        ("sandbox --json up", "sandbox up --json"),
        ("--json sandbox", "--json sandbox"),
        ("sandbox --json", "--json sandbox"),
        ("--json sandbox --help", "--json sandbox --help"),
        ("-C status", "-C status"),
        ("-C", "-C"),
        ("--json", "--json"),
        ("--json --help", "--json --help"),
        ("--json -- status", "status --json"),
        ("-- status --json", "status --json"),
        ("-C dir -- invoke -- --json", "invoke -C dir -- --json"),
        ("-C dir -- sandbox up", "sandbox up -C dir"),
        ("-C dir sandbox -- up", "sandbox up -C dir"),
        ("-C dir -- sandbox -v -- up --json", "sandbox up -C dir -v --json"),
        ("--json sandbox -- --help", "--json sandbox -- --help"),
        ("sandbox --", "sandbox --"),
        ("--json -- -- status", "--json -- -- status"),
        ("--json -- -C dir status", "--json -- -C dir status"),
        ("-C -- status", "status -C --"),
        ("--stage prod status", "--stage prod status"),
        ("-q status", "-q status"),
        ("-yq status", "-yq status"),
        ("--jso status", "--jso status"),
        ("- status", "- status"),
        ("status -C dir", "status -C dir"),
        ("--json nonsense", "nonsense --json"),
        ("", ""),
    ],
)  # fmt: skip
def test_flags_move_behind_the_command(line: str, expected: str) -> None:
    assert moved(line.split()) == expected.split()


def test_the_folder_and_json_before_the_command_do_as_after_it(project: Path) -> None:
    before = run("-C", str(project), "--json", "--no-color", "train", cwd=project.parent)
    after = run("train", "-C", str(project), "--json", "--no-color", cwd=project.parent)
    told, expected = json.loads(before.stdout), json.loads(after.stdout)
    assert {**told, "seconds": 0} == {**expected, "seconds": 0}
    assert (before.returncode, after.returncode) == (0, 0)


def test_the_commands_own_flag_wins_and_a_flag_wins_over_the_environment(project: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    twice = run("-C", str(nowhere), "invoke", "--stage", "dev", "-C", str(project), "--url", "http://127.0.0.1:9", "x",
                cwd=tmp_path)  # fmt: skip
    assert "Nothing is listening" in twice.stderr
    done = run("-C", str(project), "plan", "--json", cwd=tmp_path, SENTIMENT_PROJECT_DIR=str(nowhere),
               SENTIMENT_STAGE="A B")  # fmt: skip
    assert json.loads(done.stdout)["error"]["code"] == "bad-stage"  # and not "no-project"


def test_a_wrong_folder_before_the_command_is_told_as_one_after_it(tmp_path: Path) -> None:
    done = run("-C", "nowhere", "--json", "status", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["what"] == "--project-dir nowhere cannot be used."


def test_debug_and_json_before_the_command_hold_for_what_fails(tmp_path: Path) -> None:
    done = run("--debug", "--json", "train", cwd=tmp_path)
    assert "Traceback" in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "no-data"


@pytest.mark.parametrize("line", ["--json", "-C . -y", "--no-input"])
def test_flags_without_a_command_are_a_usage_error(line: str, tmp_path: Path) -> None:
    done = run(*line.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert "A command is missing." in done.stderr
    assert bool(done.stdout) is ("--json" in line)


def test_yes_before_the_command_says_yes(project: Path) -> None:
    toml = project / "sentiment.toml"
    assert run("--no-input", "init", "--api-auth", "iam", cwd=project).returncode == 2
    assert run("-y", "init", "--api-auth", "iam", cwd=project).returncode == 0
    assert 'auth = "iam"' in toml.read_text()


@pytest.mark.parametrize("line", ["--json -C q -- train", "-C q -- train --json"])
def test_two_dashes_before_the_command_drop_no_flag(line: str, project: Path) -> None:
    (project / "q").mkdir()
    done = run(*line.split(), cwd=project)
    assert json.loads(done.stdout)["error"]["code"] == "no-data"  # q has none, the folder around it has


@pytest.mark.parametrize("words", ["sentiment-cli -C . st", "sentiment-cli --json -y sta"])
def test_completion_goes_on_behind_them(words: str) -> None:
    asked = {"_SENTIMENT_CLI_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "sentiment_cli"], env={**os.environ, **asked}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["status"]
