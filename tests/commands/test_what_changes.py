"""What a stage costs, or where it is, changes with a word only: by flags left out, a rollback, a lost journal."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import sandbox
from tests.commands.conftest import in_sandbox, run
from tests.commands.screen import ENTER, Screen

SERVERLESS = ("--endpoint", "serverless", "--memory-mb", "1024")


@pytest.fixture(scope="module")
def project(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With a sandbox; its stages are deployed by the tests."""
    with in_sandbox(trained, tmp_path_factory.mktemp("changes")) as folder:
        yield folder


def result(project: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = run(*arguments, "--sandbox", "--yes", "--json", cwd=project)
    assert done.returncode == code, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def deploy(project: Path, stage: str, *flags: str) -> dict[str, Any]:
    return result(project, "deploy", "--stage", stage, "--skip-local-test", *flags)


def test_flags_of_a_deployment_are_in_what_is_to_be_typed_next(project: Path) -> None:
    first = run("plan", "--sandbox", "--stage", "a", *SERVERLESS, "--no-api", "--expires-in", "8h", cwd=project)
    onward = "sentiment-cli deploy --stage a --sandbox --endpoint serverless --memory-mb 1024 --no-api --expires-in 8h"
    assert onward in first.stderr
    # The key's own hint, pasted, is the same deployment.
    done = run("deploy", "--sandbox", "--stage", "a", *SERVERLESS, "--yes", cwd=project)
    again = run("deploy", "--sandbox", "--stage", "a", *SERVERLESS, "--yes", cwd=project, COLUMNS="200")
    assert "`--endpoint serverless --memory-mb 1024` was said for this run" in done.stderr
    [hint] = re.findall(r"sentiment-cli (deploy --show-key.*?)\s+│", again.stdout)
    pasted = run(*hint.split(), "--yes", "--json", cwd=project)
    assert json.loads(pasted.stdout)["steps"] == []


def test_other_hardware_is_named_with_its_price_in_the_plan(project: Path) -> None:
    deploy(project, "b", *SERVERLESS, "--no-api")
    plan = result(project, "plan", "--stage", "b", "--no-api")
    [change] = [each for each in plan["changes"] if each["resource"] == "endpoint"]
    assert change["reason"] == "serves another version; it runs on serverless, 1024 MB now"
    assert plan["cost"]["hourly_usd"] == 0.056
    assert plan["cost"]["before"]["hourly_usd"] == 0
    said = run("plan", "--sandbox", "--stage", "b", "--no-api", cwd=project, COLUMNS="300").stdout
    assert "Until now: serverless: nothing while idle" in said
    same = result(project, "plan", "--stage", "b", "--no-api", *SERVERLESS)
    assert same["cost"]["before"] is None


def test_going_back_tells_hardware_and_price(project: Path) -> None:
    deploy(project, "c", "--no-api", "--instance-type", "ml.m5.xlarge")
    deploy(project, "c", "--no-api", *SERVERLESS)
    screen = Screen("rollback", "--sandbox", "--stage", "c", cwd=project, COLUMNS="160")
    asked = screen.wait_for("again?")
    assert "1 x ml.m5.xlarge" in asked
    assert "serverless, 1024 MB" in asked
    question = " ".join(screen.wait_for("Until now").split())
    assert "It runs on 1 x ml.m5.xlarge and bills $0.230 an hour, $168 a month" in question
    screen.press("n", ENTER)
    assert screen.end() == 3
    back = result(project, "rollback", "--stage", "c")
    assert (back["hardware"], back["cost"]["hourly_usd"]) == ("1 x ml.m5.xlarge", 0.23)


def test_what_served_before_is_kept_to_go_back_to(project: Path) -> None:
    """Also where it is the oldest, as after a rollback to it."""
    versions = [
        deploy(project, "d", "--no-api", "--endpoint", "serverless", "--memory-mb", memory)["endpoint"]["version"]
        for memory in ("1024", "2048", "3072")
    ]
    result(project, "rollback", versions[0], "--stage", "d")
    deploy(project, "d", "--no-api", "--endpoint", "serverless", "--memory-mb", "4096")
    assert result(project, "rollback", "--stage", "d")["version"] == versions[0]


def test_an_api_that_stays_is_told_where_none_is_asked_for(project: Path) -> None:
    url = deploy(project, "e", *SERVERLESS)["api"]["url"]
    for verb in ("plan", "deploy"):
        done = run(verb, "--sandbox", "--stage", "e", "--no-api", *SERVERLESS, "--yes", cwd=project, COLUMNS="300")
        assert f"stays, and answers at {url}" in done.stderr
        assert "teardown --stage e --sandbox" in done.stderr


def test_without_its_journal_a_stage_is_not_made_a_second_time_elsewhere(project: Path) -> None:
    deploy(project, "f", *SERVERLESS)
    journals = project / ".sentiment/sandbox/stages"
    shutil.rmtree(journals / "f")
    box = sandbox.find(project)
    assert box is not None
    before = box.about()["resources"]
    elsewhere = ("deploy", "--stage", "f", "--region", "us-east-1", *SERVERLESS)
    assert result(project, *elsewhere, code=5)["error"]["code"] == "role-taken"
    assert box.about()["resources"] == before
    deploy(project, "f", *SERVERLESS)  # it finds all of it and makes nothing
    assert result(project, *elsewhere, "--no-api", code=5)["error"]["code"] == "other-region"
    assert box.about()["resources"] == before
