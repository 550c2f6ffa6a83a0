"""`sandbox up`, `status` and `down`, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Done, run


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    run("sandbox", "down", cwd=tmp_path)


def up(folder: Path, *arguments: str) -> Done:
    return run("sandbox", "up", "--engine", "process", *arguments, cwd=folder)


def result(done: Done) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_up_status_down(folder: Path) -> None:
    started = result(up(folder, "--json"))
    assert started["engine"] == "process"
    assert started["already_running"] is False
    again = result(up(folder, "--json"))
    assert (again["url"], again["already_running"]) == (started["url"], True)

    status = result(run("sandbox", "status", "--json", cwd=folder))
    assert status["running"] is True
    assert status["environment"] == started["environment"]
    assert (status["requests"], status["resources"]) == ({}, {})

    assert result(run("sandbox", "down", "--json", cwd=folder)) == {"ended": True}
    assert result(run("sandbox", "down", "--json", cwd=folder)) == {"ended": False}
    assert result(run("sandbox", "status", "--json", cwd=folder)) == {"running": False}
    assert list(folder.iterdir()) == []


def test_a_shell_takes_what_up_prints(folder: Path) -> None:
    python, create = sys.executable, "import boto3; boto3.client('s3').create_bucket(Bucket='from-a-shell')"
    script = f'eval "$({python} -m sentiment_cli sandbox up --engine process)" && {python} -c "{create}"'
    environment = {**os.environ, "AWS_PROFILE": "nobody"}
    subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, check=True)
    status = run("sandbox", "status", cwd=folder)
    assert status.returncode == 0
    assert "s3:bucket 1" in status.stdout
    assert "s3 1" in status.stdout
    assert "AWS_ENDPOINT_URL" not in status.stdout
    assert 'eval "$(sentiment-cli sandbox up)"' in status.stderr


def test_in_another_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert run("sandbox", "up", "--engine", "process", "-C", str(folder), cwd=elsewhere).returncode == 0
    assert result(run("sandbox", "status", "--json", cwd=folder))["running"] is True
    assert result(run("sandbox", "status", "--json", cwd=elsewhere))["running"] is False
    assert list(elsewhere.iterdir()) == []


def test_without_a_command_it_tells_what_there_is(folder: Path) -> None:
    done = run("sandbox", cwd=folder)
    assert done.returncode == 2
    assert "status" in done.stdout + done.stderr
    assert "A command is missing." in done.stderr


def test_an_engine_that_is_not_there(folder: Path) -> None:
    done = run("sandbox", "up", "--engine", "docker", "--json", cwd=folder, DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "sandbox-failed"


def test_faults_are_arranged_shown_and_cleared(folder: Path) -> None:
    missing = run("sandbox", "faults", cwd=folder)
    assert missing.returncode == 2
    assert "sentiment-cli sandbox up" in missing.stderr
    up(folder)
    done = run(
        "sandbox", "faults", "throttle", "sagemaker:CreateEndpoint", "--times", "2", "--seconds", "1.5", cwd=folder
    )
    assert done.stdout == "throttle on sagemaker:CreateEndpoint: 2 more, after 1.5 s\n"
    expected = {"kind": "throttle", "on": "sagemaker:CreateEndpoint", "times": 2, "seconds": 1.5, "skip": 0}
    assert result(run("sandbox", "faults", "--json", cwd=folder)) == {"faults": [expected]}
    assert result(run("sandbox", "faults", "--clear", "--json", cwd=folder)) == {"faults": []}
    assert run("sandbox", "faults", "nonsense", cwd=folder).returncode == 2
    typed = run("sandbox", "faults", "throttle", "sagemaker:CreateEndpont", "--json", cwd=folder)
    assert typed.returncode == 2
    assert json.loads(typed.stdout)["error"]["code"] == "unknown-operation"
    assert result(run("sandbox", "faults", "--json", cwd=folder)) == {"faults": []}


def test_a_fault_that_nothing_would_meet_is_refused_and_arranges_and_clears_nothing(folder: Path) -> None:
    up(folder)
    run("sandbox", "faults", "denied", "iam:*", cwd=folder)
    for words in (("unhealthy", "s3:GetObject"), ("slow", "s3:GetObject")):
        refused = run("sandbox", "faults", *words, "--clear", "--json", cwd=folder)
        assert refused.returncode == 2
        assert json.loads(refused.stdout)["error"]["code"] == "unmet-trouble"
    assert [each["kind"] for each in result(run("sandbox", "faults", "--json", cwd=folder))["faults"]] == ["denied"]


@pytest.mark.parametrize(
    ("filed", "environment", "expected"),
    [
        ("", {}, "us-east-1"),
        ("eu-west-1", {}, "eu-west-1"),
        ("eu-west-1", {"SENTIMENT_REGION": "ap-south-1"}, "ap-south-1"),
        ("eu-west-1", {"SENTIMENT_REGION": ""}, "eu-west-1"),
    ],
)
def test_the_region_is_that_of_a_deployment_for_shells_and_for_scripts(
    home: Path, filed: str, environment: dict[str, str], expected: str
) -> None:
    toml = home / "sentiment.toml"
    text = re.sub(r"^region = .*\n", "", toml.read_text(), flags=re.MULTILINE)
    toml.write_text(text.replace("[aws]\n", f'[aws]\nregion = "{filed}"\n' if filed else "[aws]\n"))
    for words in (("up", "--engine", "process"), ("status",)):
        said = result(run("sandbox", *words, "--json", cwd=home, **environment))
        assert (said["region"], said["environment"]["AWS_DEFAULT_REGION"]) == (expected, expected)
    shown = run("sandbox", "up", "--engine", "process", cwd=home, **environment).stdout
    assert f"export AWS_DEFAULT_REGION={expected}\n" in shown
    assert result(run("plan", "--sandbox", "--json", cwd=home, **environment))["region"] == expected


@pytest.fixture(scope="module")
def home(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with a model, and one sandbox for all tests that need one."""
    folder = Path(shutil.copytree(trained, tmp_path_factory.mktemp("boxed") / "tweets"))
    yield folder
    run("sandbox", "down", cwd=folder)


def test_what_a_shell_evaluates_is_quoted(folder: Path) -> None:
    (folder / "sentiment.toml").write_text('name = "tweets"\n[aws]\nregion = "a; touch b"\n')
    assert "export AWS_DEFAULT_REGION='a; touch b'\n" in up(folder).stdout
