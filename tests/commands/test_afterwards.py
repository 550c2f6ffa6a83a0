"""What one does with a deployment: look at it, read its log, go back to the version before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import sandbox
from tests.commands.conftest import Done, in_sandbox, run


@pytest.fixture(scope="module")
def project(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Deployed twice, with two models; servers are processes."""
    with in_sandbox(trained, tmp_path_factory.mktemp("afterwards")) as folder:
        result(folder, "deploy", "--sandbox", "--yes")
        assert run("train", "--seed", "5", cwd=folder).returncode == 0
        result(folder, "deploy", "--sandbox", "--yes")
        yield folder


def result(project: Path, *arguments: str) -> dict[str, Any]:
    done = run(*arguments, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def changes(project: Path) -> list[str]:
    found = sandbox.find(project)
    assert found is not None
    lines = [json.loads(line) for line in found.access_log.read_text().splitlines()]
    return [each["operation"] for each in lines if each["mutating"]]


def test_status_says_what_there_is_and_what_it_costs(project: Path) -> None:
    before = changes(project)
    assert result(project, "invoke", "--sandbox", "what a day")["output"]
    said = result(project, "status", "--sandbox")
    assert said["stage"] == "dev"
    assert said["endpoint"]["status"] == "InService"
    assert said["endpoint"]["name"] == "tweets-dev"
    assert said["endpoint"]["hardware"] == "1 x ml.t2.medium"
    assert said["api"]["url"].startswith("http://127.0.0.1:")
    assert "key" not in said["api"]
    assert said["cost"]["hourly_usd"] == 0.056
    assert 0 <= said["cost"]["spent_usd"] < 0.05
    assert {"endpoint", "REST API", "artifact bucket"} <= {each["resource"] for each in said["resources"]}
    assert said["metrics"].keys() == {"invocations", "errors_4xx", "errors_5xx", "latency_ms"}
    assert changes(project) == before
    shown = run("status", "--sandbox", cwd=project)
    assert said["version"] in shown.stdout
    assert "$0.056 an hour" in shown.stdout


WITHOUT_A_DATE = {"artifact bucket", "usage plan"}


def test_status_says_of_every_resource_how_it_is_and_how_old(project: Path) -> None:
    said = result(project, "status", "--sandbox")
    states: dict[str, set[str]] = {}
    for each in said["resources"]:
        states.setdefault(each["resource"], set()).add(each["state"])
        assert (each["since"] is None) == (each["resource"] in WITHOUT_A_DATE), each
        if each["since"]:
            assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(each["since"]) < timedelta(hours=1)
    assert states["endpoint"] == {"InService"}
    assert states["Lambda function"] == {"Active"}
    assert states["model"] == states["endpoint configuration"] == {"serves", "not in use"}
    serving = [each["name"] for each in said["resources"] if each["state"] == "serves"]
    assert serving == [f"tweets-dev-{said['version']}", said["endpoint"]["model"]]
    shown = run("status", "--sandbox", cwd=project).stdout
    assert re.search(r"Lambda function +tweets-dev +Active +\d+ (s|min) *\n", shown)
    assert re.search(r"usage plan +tweets-dev +exists *\n", shown)


def test_status_of_nothing(project: Path) -> None:
    said = result(project, "status", "--sandbox", "--stage", "other")
    assert (said["endpoint"], said["api"], said["version"], said["resources"]) == (None, None, "", [])
    assert said["cost"]["hourly_usd"] == 0


def test_logs_of_the_endpoint(project: Path) -> None:
    done = run("logs", "--sandbox", "--source", "endpoint", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert any('"ready"' in line["text"] for line in lines)
    assert {line["source"] for line in lines} == {"endpoint"}
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert run("logs", "--sandbox", "--since", "soon", cwd=project).returncode == 2
    other = ("--stage", "other", "--source", "endpoint")
    assert run("logs", "--sandbox", *other, cwd=project).stderr == "Nothing was written in the last 1h.\n"
    alike = [json.loads(line) for line in run("logs", "--sandbox", "--json", cwd=project).stdout.splitlines()]
    assert {"endpoint", "training"} <= {line["source"] for line in alike}
    assert [line["time"] for line in alike] == sorted(line["time"] for line in alike)


def back(project: Path, *arguments: str) -> Done:
    return run("rollback", "--sandbox", "--json", *arguments, cwd=project)


def test_rollback_to_the_version_before_and_to_a_named_one(project: Path) -> None:
    newest = result(project, "status", "--sandbox")["version"]
    assert back(project).returncode == 2  # nobody to ask, no --yes
    assert result(project, "status", "--sandbox")["version"] == newest
    said = json.loads(back(project, "--yes").stdout)
    assert said["before"] == newest != said["version"]
    assert result(project, "status", "--sandbox")["version"] == said["version"]
    for wanted in ((), ("zzz",)):
        refused = back(project, "--yes", *wanted)
        assert refused.returncode == 2
        error = json.loads(refused.stdout)["error"]
        assert newest in error["why"]
        assert "--sandbox" in error["fix"]
        assert error["fix"].endswith(f" {newest}`.")
    assert json.loads(back(project, "--yes", newest[:6]).stdout)["version"] == newest
    assert json.loads(back(project, "--yes", newest).stdout)["version"] == newest
    actions = {each["action"] for each in result(project, "plan", "--sandbox")["changes"]}
    assert actions == {"keep"}
    assert back(project, "--yes", "--stage", "other").returncode == 2
