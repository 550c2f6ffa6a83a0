"""`deploy --expires-in`: AWS ends what bills, also if nobody is there any more."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import project as projects
from sentiment_cli import sandbox
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.events import ignore
from sentiment_cli.resources.expiry import Expiry
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import Sandbox
from tests.commands.conftest import in_sandbox, run


@pytest.fixture(scope="module")
def box(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with in_sandbox(trained, tmp_path_factory.mktemp("expiry")) as folder:
        yield sandbox.up(folder)


@pytest.fixture(scope="module")
def project(box: Sandbox) -> Path:
    return box.folder.parents[1]


def result(project: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = run(*arguments, "--json", cwd=project)
    assert done.returncode == code, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def deploy(project: Path, *arguments: str) -> dict[str, Any]:
    return result(project, "deploy", "--sandbox", "--no-api", "--skip-local-test", "--yes", *arguments)


def test_a_deployment_with_an_end(project: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = result(project, "plan", "--sandbox", "--expires-in", "8h")
    reasons = {each["resource"]: each["reason"] for each in plan["changes"]}
    day = datetime.now(UTC) + timedelta(hours=8)
    assert reasons["expiry"].startswith(f"it does not exist; the endpoint is deleted at {day:%Y-%m-%d %H:}")
    assert reasons["endpoint"] == "it does not exist"

    said = deploy(project, "--expires-in", "8h")
    ends = datetime.fromisoformat(said["expires"])
    assert timedelta(hours=7.9) < ends - datetime.now(UTC) < timedelta(hours=8)
    kinds = [each["resource"] for each in said["steps"]]
    assert kinds.index("expiry role") < kinds.index("expiry") < kinds.index("endpoint")
    assert result(project, "status", "--sandbox")["expires"] == said["expires"]
    assert "AWS deletes the endpoint then" in run("status", "--sandbox", cwd=project).stdout

    assert deploy(project)["changes"]  # without the flag it stays as it is
    assert result(project, "status", "--sandbox")["expires"] == said["expires"]

    again = deploy(project, "--expires-in", "2d")
    assert [(each["resource"], each["action"]) for each in again["steps"]] == [("expiry", "update")]
    assert datetime.fromisoformat(again["expires"]) > ends

    for name, value in box.environment().items():
        monkeypatch.setenv(name, value)
    aws = connect("eu-west-1")
    ends_now(aws, names_of(project, aws))
    status = result(project, "status", "--sandbox")
    assert (status["endpoint"], status["expires"]) == (None, None)
    assert status["cost"]["hourly_usd"] == 0
    assert "expiry" not in {each["resource"] for each in status["resources"]}

    back = deploy(project, "--expires-in", "1d")  # what expired is put back by the same command
    assert back["endpoint"]["status"] == "InService"
    stays = result(project, "plan", "--sandbox", "--expires-in", "never")
    assert {each["resource"] for each in stays["changes"] if each["action"] == "delete"} == {"expiry", "expiry role"}
    never = deploy(project, "--expires-in", "never")
    assert never["expires"] is None
    assert [(each["resource"], each["action"]) for each in never["steps"]] == [
        ("expiry", "delete"), ("expiry role", "delete"),
    ]  # fmt: skip
    assert deploy(project, "--expires-in", "never")["steps"] == []
    kept = result(project, "status", "--sandbox")
    assert (kept["endpoint"]["status"], kept["expires"]) == ("InService", None)
    assert not {"expiry", "expiry role"} & {each["resource"] for each in kept["resources"]}

    deploy(project, "--expires-in", "1d")
    gone = result(project, "teardown", "--sandbox", "--yes", "--confirm", "tweets")
    assert gone["remaining"] == []
    assert {"expiry tweets-dev-expiry"} <= set(gone["deleted"])
    assert box.about()["resources"] == {}
    assert connect("eu-west-1").client("iam").list_roles()["Roles"] == []


def names_of(project: Path, aws: Aws) -> Names:
    return Names(projects.load(project).name, "dev", aws.account, aws.region)


def ends_now(aws: Aws, names: Names) -> None:
    """Move the end to this moment, and wait until it has come."""
    Expiry(names, datetime.now(UTC)).update(aws, {}, ignore)
    sagemaker, deadline = aws.client("sagemaker"), time.monotonic() + 20
    while sagemaker.list_endpoints()["Endpoints"]:
        assert time.monotonic() < deadline, "the endpoint is still there"
        time.sleep(0.1)
    time.sleep(0.5)  # the schedule goes after that


@pytest.mark.parametrize("verb", ["deploy", "plan"])
@pytest.mark.parametrize("span", ["5x", "", "-1h", "14m", "0s", "367d", "soon", "8", "999999999999d"])
def test_a_time_that_cannot_be_is_refused_before_anything(project: Path, verb: str, span: str) -> None:
    said = result(project, verb, "--expires-in", span, code=2)
    assert "--expires-in" in said["error"]["what"] + said["error"]["fix"]
    assert said["error"]["fix"]


def test_a_role_that_may_not_delete_leaves_the_endpoint(
    project: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in box.environment().items():
        monkeypatch.setenv(name, value)
    deploy(project, "--expires-in", "8h")
    aws = connect("eu-west-1")
    names = names_of(project, aws)
    aws.client("iam").delete_role_policy(RoleName=names.expiry_role, PolicyName="sentiment-cli")
    Expiry(names, datetime.now(UTC)).update(aws, {}, ignore)
    time.sleep(1.5)
    assert aws.client("sagemaker").list_endpoints()["Endpoints"]
    Expiry(names, datetime.now(UTC) + timedelta(hours=1)).update(aws, {}, ignore)  # or it ends as soon as it may
    mended = deploy(project, "--expires-in", "8h")
    assert ("expiry role", "update") in {(each["resource"], each["action"]) for each in mended["steps"]}
    result(project, "teardown", "--sandbox", "--yes", "--confirm", "tweets")
