"""`load-test` against the real thing: a local server, and an endpoint of a sandbox."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentiment_cli import main, sandbox
from tests.commands.conftest import Done, run

# Every machine answers within this, also one with much else to do; a test then costs what its bounds allow.
EASY = ("--p99", "2000", "--max-requests", "1500", "--duration", "8")


def load(capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    """In this process, which is quicker."""
    capsys.readouterr()
    return Done(arguments, main.run(["load-test", *arguments]), *capsys.readouterr())


def answered(url: str) -> int:
    """How many requests for predictions the server has counted itself."""
    found = re.findall(r'requests_total{path="/invocations",code="200"} (\d+)', httpx.get(f"{url}/metrics").text)
    return sum(map(int, found))


def check_reckoning(said: dict[str, Any], hourly: float) -> None:
    each = said["requests_per_second_per_instance"]
    assert each == pytest.approx(said["max_rate"] / said["hosting"]["instances"], abs=0.01)
    assert said["autoscaling"]["target_value"] == pytest.approx(each * 0.5 * 60, abs=1)
    assert said["usd_per_million_predictions"] == pytest.approx(hourly / (each * 3600) * 1e6, rel=0.01, abs=1e-3)
    assert said["for_rate"]["instances"] >= said["for_rate"]["instances_without_safety"] >= 1


def test_a_local_server(served: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = answered(served)
    done = load(capsys, "-C", str(home), "--target", "local", "--rate", "5000", "--yes", "--json", *EASY)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["max_rate"] > 20
    assert said["same_machine"]
    assert said["most_usd"] == 0
    assert said["requests"] == sum(each["requests"] for each in said["steps"]) <= 1500
    check_reckoning(said, hourly=0.056)
    warm_up_and_first = 20 + 1
    failed = sum(sum(each["errors"].values()) for each in said["steps"])
    assert answered(served) - before == pytest.approx(said["requests"] + warm_up_and_first - failed, abs=failed)
    assert "Nothing is billed" in done.stderr


def test_people_get_a_table_and_a_card(served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also away from any project: with the bundled texts, and reckoned for the usual type."""
    few = ("--p99", "2000", "--max-requests", "5000", "--duration", "6", "--batch", "3", "--arrivals", "fixed")
    done = load(capsys, "-C", str(tmp_path), "--url", served, "--yes", *few)
    assert done.returncode == 0, done.stderr
    for word in ("requests/s", "highest rate", "limit", "per instance", "per million predictions", "share this"):
        assert word in done.stdout.replace("shared", "share")


def test_a_target_that_nothing_can_meet_is_5(served: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = home / "long.txt"
    texts.write_text("good bad ugly fine " * 100)
    few = ("--p99", "1", "--texts", str(texts), "--batch", "100", "--duration", "40")
    done = load(capsys, "-C", str(home), "--target", "local", "--yes", "--json", *few)
    assert done.returncode == 5, done.stderr
    said = json.loads(done.stdout)
    assert said["error"]["code"] == "p99-unmet"
    assert said["steps"]


def test_nobody_to_ask_is_2_before_any_load(served: str, home: Path) -> None:
    before = answered(served)
    done = run("load-test", "--target", "local", "--json", cwd=home)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "missing-input"
    assert answered(served) - before <= 1


def test_nothing_listening_is_told_as_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = load(capsys, "-C", str(tmp_path), "--url", "http://127.0.0.1:9", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "not-serving"


def test_ctrl_c_ends_all_of_it_with_what_is_known(served: str, home: Path) -> None:
    command = [sys.executable, "-m", "sentiment_cli", "load-test", "--target", "local", "--yes", "--json"]
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "a second: p99" in line:
            break
    senders = children(process.pid)
    assert senders
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    said = json.loads(out)
    assert said["error"]["code"] == "interrupted"
    assert said["steps"]
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in senders):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]


@pytest.fixture(scope="module")
def deployed(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose endpoint serves in a sandbox without Docker."""
    home = Path(shutil.copytree(trained, tmp_path_factory.mktemp("hosted") / "tweets"))
    for command in (("sandbox", "up", "--engine", "process"), ("deploy", "--sandbox", "--yes", "--no-api")):
        done = run(*command, cwd=home)
        assert done.returncode == 0, done.stderr
    yield home
    run("sandbox", "down", cwd=home)


def test_an_endpoint_is_asked_with_signatures_and_sized_by_its_instances(deployed: Path) -> None:
    few = ("--p99", "3000", "--max-requests", "600", "--duration", "8", "--rate", "900")
    before = len(logged(deployed))
    done = run("load-test", "--sandbox", "--target", "endpoint", "--yes", "--json", *few, cwd=deployed)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["hosting"] == {"kind": "realtime", "instance_type": "ml.t2.medium", "instances": 1, "memory_mb": None}
    assert not any(each["errors"] for each in said["steps"])
    check_reckoning(said, hourly=0.056)
    assert "Nothing is billed" in done.stderr
    log = logged(deployed)[before:]
    asked = [each for each in log if each["operation"] == "InvokeEndpoint" and each["status"] == 200]
    assert len(asked) == said["requests"] + 20 + 1  # the warm-up, and the one before the question
    policy = run("policy", "--sandbox", cwd=deployed).stdout
    assert {each["action"] for each in log if each["action"] not in policy} <= {"sts:GetCallerIdentity"}


def logged(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / ".sentiment/sandbox/access.log").read_text().splitlines()]


def test_an_api_that_was_not_deployed_is_told(deployed: Path) -> None:
    done = run("load-test", "--sandbox", "--target", "api", "--yes", "--json", cwd=deployed)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "no-api"


def test_an_api_that_throttles_is_not_taken_for_the_instance(deployed: Path) -> None:
    """The limit is lowered by hand, so that little load meets it."""
    done = run("deploy", "--sandbox", "--yes", cwd=deployed)
    assert done.returncode == 0, done.stderr
    lower_the_plan(deployed, "10")
    few = ("--p99", "2000", "--duration", "15", "--rate", "300", "--arrivals", "fixed")
    before = len(logged(deployed))
    done = run("load-test", "--sandbox", "--target", "api", "--yes", *few, cwd=deployed, COLUMNS="150")
    assert done.returncode == 0, done.stderr
    assert "throttled: the usage plan lets 10 a second through" in done.stdout
    assert "sentiment-cli load-test --target endpoint --sandbox --p99 2000 --rate 300" in done.stdout
    for figure in ("per million", "autoscaling", "for 300/s", " x ml.t2"):
        assert figure not in done.stdout
    policy = run("policy", "--sandbox", cwd=deployed).stdout
    assert {each["action"] for each in logged(deployed)[before:] if each["action"] not in policy} <= {
        "sts:GetCallerIdentity"
    }


def lower_the_plan(home: Path, rate: str) -> None:
    import boto3

    box = sandbox.find(home)
    assert box is not None
    gateway = boto3.client(
        "apigateway", "eu-west-1", endpoint_url=box.url, aws_access_key_id="SANDBOX123456789012",
        aws_secret_access_key=box.secret_key,
    )  # fmt: skip
    [plan] = gateway.get_usage_plans()["items"]
    changes = [{"op": "replace", "path": f"/throttle/{name}Limit", "value": rate} for name in ("rate", "burst")]
    gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=changes)
