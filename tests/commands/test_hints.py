"""Every command that a message names can be pasted: it means the same project and the same place on AWS."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import commands, sandbox
from sentiment_cli.commands.hints import complete
from sentiment_cli.commands.hosting_flags import ApiAuth
from sentiment_cli.errors import SentimentError
from tests.commands.conftest import run

AWS = {"stage": "prod", "region": "eu-west-1", "profile": "work", "sandbox": False}
BOX = {"stage": "dev", "region": None, "profile": None, "sandbox": True}


@pytest.mark.parametrize(
    ("folder", "values", "said", "expected"),
    [
        ("", {}, "`sentiment-cli train`", "`sentiment-cli train`"),
        (" -C x", {}, "`sentiment-cli train`, then `make`", "`sentiment-cli train -C x`, then `make`"),
        (" -C x", {}, "`sentiment-cli train -C x`", "`sentiment-cli train -C x`"),
        (" -C 'my tweets'", {}, "`sentiment-cli train`", "`sentiment-cli train -C 'my tweets'`"),
        ("", BOX, "`sentiment-cli train`", "`sentiment-cli train`"),
        ("", BOX, "`sentiment-cli deploy`", "`sentiment-cli deploy --sandbox`"),
        ("", BOX, "`sentiment-cli deploy --sandbox`", "`sentiment-cli deploy --sandbox`"),
        (" -C x", AWS, "`sentiment-cli teardown`",
         "`sentiment-cli teardown -C x --stage prod --region eu-west-1 --profile work`"),
        (" -C x", BOX, "`sentiment-cli sandbox up`", "`sentiment-cli sandbox up -C x`"),
        ("", {**BOX, "api_auth": ApiAuth.iam}, "`sentiment-cli policy`, `sentiment-cli deploy`",
         "`sentiment-cli policy --sandbox --api-auth iam`, `sentiment-cli deploy --sandbox --api-auth iam`"),
    ],
)  # fmt: skip
def test_what_an_error_names_is_completed(folder: str, values: dict[str, Any], said: str, expected: str) -> None:
    error = SentimentError("No.", f"Because of {said}.", f"Run {said}.")
    complete(error, folder, values)
    assert (error.why, error.fix) == (f"Because of {expected}.", f"Run {expected}.")


def named(talk: str) -> list[list[str]]:
    """The arguments of the commands that a message or a list of next steps names."""
    found = re.findall(r"sentiment-cli ([^`\n]*?)(?:`|\s{2,}|$)", talk, re.MULTILINE)
    return [shlex.split(each) for each in found]


@pytest.fixture
def elsewhere(project: Path) -> Iterator[Path]:
    """A folder beside the project's, which has a blank in its name."""
    home = project.rename(project.parent / "my tweets")
    yield home.parent
    run("serve-local", "--stop", cwd=home)
    sandbox.down(home)


def test_from_another_folder_every_command_named_has_the_project_s(elsewhere: Path) -> None:
    serve = ("serve-local", "--engine", "process", "--port", "0", "--detach")
    lines = [("train",), serve, serve, ("status", "--sandbox"), ("sandbox", "status"), ("sandbox", "faults"),
             ("sandbox", "up", "--engine", "process"), ("sandbox", "up", "--engine", "process"),
             ("plan", "--sandbox"), ("deploy", "--sandbox", "--yes"),
             ("teardown", "--sandbox", "--yes", "--confirm", "tweets")]  # fmt: skip
    for line in lines:
        done = run(*line, "-C", "my tweets", cwd=elsewhere, COLUMNS="200")
        told = [each for each in named(done.stdout + done.stderr) if each[0] != "init"]
        assert told, (line, done)
        for command in told:
            assert command[command.index("-C") + 1] == "my tweets", (line, command)


def test_a_command_that_was_named_does_what_it_says(elsewhere: Path) -> None:
    """As pasted from the card of a server."""
    done = run("serve-local", "--engine", "process", "--port", "0", "--detach", "-C", "my tweets", cwd=elsewhere)
    stop = next(each for each in named(done.stdout + done.stderr) if "--stop" in each)
    assert json.loads(run(*stop, "--json", cwd=elsewhere).stdout)["stopped"]


def test_in_the_project_s_folder_nothing_is_added(project: Path) -> None:
    done = run("train", cwd=project)
    assert named(done.stdout + done.stderr) == [["serve-local"]]


def texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """The texts of a program that can be said: no docstrings, and none of an error, which is completed."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
        yield from texts(node)


@pytest.mark.parametrize("path", sorted(Path(commands.__path__[0]).glob("*.py")), ids=lambda path: path.name)
def test_no_command_names_another_by_itself(path: Path) -> None:
    """`Run.command` and `Place.command` know the folder and the place; `init` says `cd` first."""
    if path.name == "init.py":
        return
    found = [each.lineno for each in texts(ast.parse(path.read_text())) if re.search("sentiment-cli [a-z]", each.value)]
    assert found == []
