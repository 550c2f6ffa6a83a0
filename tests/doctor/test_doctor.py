"""Each check with what it should find, and the command as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.clients.session import connect
from sentiment_cli.doctor import Finding, account, examine_account, examine_machine, machine
from sentiment_cli.project import Endpoint, Project
from sentiment_cli.sandbox import Sandbox
from tests.commands.conftest import run

NOWHERE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


def found(findings: Any) -> dict[str, Finding]:
    return {each.name: each for each in findings}


@pytest.fixture
def in_sandbox(process_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    for name, value in process_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return process_sandbox


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    checks = found(examine_machine(tmp_path, NOWHERE))
    assert checks["python"].status == checks["sandbox"].status == checks["proxy"].status == "ok"
    assert checks["docker"].status == checks["project"].status == "problem"
    assert "DOCKER_HOST" in checks["docker"].what + checks["docker"].fix
    assert "sentiment-cli init" in checks["project"].fix
    assert "model" not in checks


def test_a_project_without_and_with_a_broken_model(tmp_path: Path) -> None:
    (tmp_path / "sentiment.toml").write_text('name = "tweets"\n')
    assert found(examine_machine(tmp_path, NOWHERE))["model"].status == "warning"
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.tar.gz").write_bytes(b"x")
    assert found(examine_machine(tmp_path, NOWHERE))["model"].status == "problem"


def test_passwords_of_proxies_are_not_shown_and_certificates_must_exist(tmp_path: Path) -> None:
    odd = {**NOWHERE, "https_proxy": "http://ana:secret@proxy:3128", "AWS_CA_BUNDLE": "/nowhere/ca.pem"}
    checks = found(examine_machine(tmp_path, odd))
    assert checks["proxy"].what == "HTTPS_PROXY=http://[hidden]@proxy:3128"
    assert checks["certificates"].status == "problem"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, status in ((1e8, "problem"), (1e9, "warning"), (1e11, "ok")):
        monkeypatch.setattr(machine.shutil, "disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))
        assert found(examine_machine(tmp_path, NOWHERE))["disk"].status == status


def test_an_account_in_order(in_sandbox: Sandbox) -> None:
    checks = found(examine_account(Project(name="tweets"), "eu-west-1", None))
    assert {each.status for each in checks.values()} == {"ok"}
    assert in_sandbox.account in checks["credentials"].what
    assert "2 x ml.t2.medium are allowed, 1 wanted" in checks["quota"].what


def test_too_small_a_quota(in_sandbox: Sandbox) -> None:
    project = Project(name="tweets", endpoint=Endpoint(instance_type="ml.m5.4xlarge"))
    assert found(examine_account(project, "eu-west-1", None))["quota"].status == "problem"


def test_wrong_credentials_and_regions(in_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(name="tweets")
    assert found(examine_account(project, None, None))["region"].status == "warning"
    assert found(examine_account(project, "eu-west-9", None))["region"].status == "problem"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    checks = found(examine_account(project, "eu-west-1", None))
    assert (checks["credentials"].status, checks["account"].status) == ("problem", "skipped")


@pytest.mark.parametrize(
    ("ahead", "status"), [(2.0, "ok"), (-90.0, "warning"), (4000.0, "problem"), (-4000.0, "problem")]
)
def test_a_clock_that_goes_wrong(
    in_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, ahead: float, status: str
) -> None:
    aws = connect("eu-west-1")
    began = account.seconds_ahead(aws)
    assert began is not None
    assert abs(began) < 60
    monkeypatch.setattr(account, "seconds_ahead", lambda _: ahead)
    clock = found(examine_account(Project(name="tweets"), "eu-west-1", None))["clock"]
    assert clock.status == status
    assert f"is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'}" in clock.what


def test_the_command_fails_when_something_would_stop_a_deployment(tmp_path: Path) -> None:
    done = run("doctor", "--json", cwd=tmp_path)
    assert done.returncode == 5
    said = json.loads(done.stdout)
    assert said["error"]["code"] == "doctor"
    assert "project" in said["error"]["what"]
    assert {each["name"]: each["status"] for each in said["checks"]}["project"] == "problem"
    assert "Traceback" not in done.stderr


def test_the_checks_are_what_the_command_gives_and_the_rest_is_talk(tmp_path: Path) -> None:
    done = run("doctor", cwd=tmp_path)
    assert done.returncode == 5
    lines = done.stdout.splitlines()
    assert next(line for line in lines if " project " in line).startswith("✗ project ")
    assert any(line.strip().startswith("→ Run `sentiment-cli init`") for line in lines)
    assert done.stderr.splitlines()[-1] == "→ What to do stands behind each of them."
    assert "sentiment.toml" not in done.stderr


def test_a_sandbox_that_it_starts_is_told(tmp_path: Path) -> None:
    told = "was started; it runs until `sentiment-cli sandbox down`"
    try:
        assert told in run("doctor", "--sandbox", cwd=tmp_path).stderr
        assert told not in run("doctor", "--sandbox", cwd=tmp_path).stderr
    finally:
        run("sandbox", "down", cwd=tmp_path)
