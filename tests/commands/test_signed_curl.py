"""The curl of an API that takes signed requests: what is printed before it is all that a shell needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sentiment_cli import sandbox
from sentiment_cli.commands.deploy import _say_whose_keys
from tests.commands.conftest import run


@pytest.fixture
def box(project: Path) -> Iterator[Path]:
    """A project with a blank in its name and a sandbox of processes."""
    home = project.rename(project.parent / "my tweets")
    sandbox.up(home, engine="process")
    yield home
    sandbox.down(home)


def test_the_lines_of_the_card_answer_in_a_new_shell(box: Path) -> None:
    words = ("deploy", "--sandbox", "--yes", "--api-auth", "iam", "-C", box.name)
    done = run(*words, cwd=box.parent)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()[-2:]
    assert lines[0] == """eval "$(sentiment-cli sandbox up -C 'my tweets')\""""
    assert lines[1].startswith("curl http://127.0.0.1:")
    assert "signed requests only" in done.stderr

    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    clean["PATH"] = f"{Path(sys.executable).parent}:{clean['PATH']}"
    shell = subprocess.run(
        ["bash", "-c", "\n".join(lines)], cwd=box.parent, env=clean, capture_output=True, text=True, check=True
    )
    assert json.loads(shell.stdout)["output"][0]["label"] == "Positive"

    as_json = run(*words, "--json", cwd=box.parent)
    assert json.loads(as_json.stdout)["api"]["auth"] == "iam"  # the one line there
    assert lines[0] in as_json.stderr


@pytest.mark.parametrize(("profile", "flag"), [(None, ""), ("my work", " --profile 'my work'")])
def test_on_aws_the_variables_are_named(profile: str | None, flag: str) -> None:
    said: list[str] = []
    here: Any = SimpleNamespace(terminal=SimpleNamespace(say=said.append))
    place: Any = SimpleNamespace(sandbox=False, project=SimpleNamespace(aws=SimpleNamespace(profile=profile)))
    _say_whose_keys(here, place)
    [text] = said
    assert re.findall(r"AWS_\w+", text) == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
    assert f"`aws configure export-credentials --format env{flag}`" in text
