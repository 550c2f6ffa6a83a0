"""What `deploy` and its kin refuse: with a reason, a remedy and an exit code, before anything that bills exists."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import sandbox
from sentiment_cli.sandbox import Sandbox
from server_image.artifact import unpack
from tests.commands.conftest import in_sandbox, run

DEPLOY = ("deploy", "--yes", "--json")


@pytest.fixture(scope="module")
def home(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A trained project with a sandbox, in which nothing is ever made."""
    with in_sandbox(trained, tmp_path_factory.mktemp("refused")) as folder:
        yield folder


@pytest.fixture
def box(home: Path) -> Iterator[Sandbox]:
    found = sandbox.find(home)
    assert found is not None
    yield found
    found.clear_faults()
    assert found.about()["resources"] == {}


@pytest.fixture
def refused(home: Path, box: Sandbox, trained: Path) -> Iterator[Path]:
    """The project as training left it."""
    yield home
    for name in ("sentiment.toml", "model/model.tar.gz"):
        shutil.copy(trained / name, home / name)
    shutil.rmtree(home / ".sentiment/sandbox/stages", ignore_errors=True)
    shutil.rmtree(home / ".sentiment/dev", ignore_errors=True)


def error(project: Path, *arguments: str, code: int, **environment: str) -> dict[str, str]:
    """The error that a command ends with, after a look at how it was told."""
    done = run(*arguments, cwd=project, **environment)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    [line] = done.stdout.splitlines()
    said: dict[str, str] = json.loads(line)["error"]
    assert said["what"]
    assert said["fix"]
    assert said["what"] in done.stderr
    return said


def real(box: Sandbox, **other: str) -> dict[str, str]:
    """An environment in which the sandbox is AWS."""
    return {**box.environment(), **other}


def test_no_credentials(refused: Path) -> None:
    said = error(refused, *DEPLOY, code=4)
    assert said["code"] == "no-credentials"
    assert "--sandbox" in said["fix"]


@pytest.mark.parametrize("command", [("plan",), ("deploy", "--yes"), ("teardown", "--yes", "--confirm", "tweets")])
def test_a_wrong_key(refused: Path, box: Sandbox, command: tuple[str, ...]) -> None:
    said = error(refused, *command, "--json", code=4, **real(box, AWS_ACCESS_KEY_ID="AKIAWRONG"))
    assert said["code"] == "InvalidClientTokenId"


def test_a_wrong_secret(refused: Path, box: Sandbox) -> None:
    said = error(refused, *DEPLOY, code=4, **real(box, AWS_SECRET_ACCESS_KEY="not-it"))
    assert said["code"] == "SignatureDoesNotMatch"
    assert "not-it" not in str(said)


@pytest.mark.parametrize("on", ["sts:GetCallerIdentity", "sagemaker:DescribeEndpoint", "service-quotas:*"])
def test_a_session_that_ends_on_the_way(refused: Path, box: Sandbox, on: str) -> None:
    box.add_fault("expired", on, times=0)
    said = error(refused, *DEPLOY, code=4, **real(box))
    assert said["code"].startswith("ExpiredToken")
    assert "aws sso login" in said["fix"]


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (("--profile", "nobody"), "--profile nobody"),
        (("--region", "eu-west-9"), "eu-west-1"),
        (("--instance-type", "ml.m5.lrge"), "ml.m5.large"),
        (("--instance-count", "0"), "from 1"),
        (("--endpoint", "serverless", "--memory-mb", "1000"), "1024"),
        (("--endpoint", "serverless", "--region", "ap-southeast-5"), "serverless inference is not offered"),
        (("--stage", "Not A Stage"), "Lower-case"),
        (("--stage", "sandbox"), "local or sandbox"),
    ],
)
def test_a_flag_that_cannot_be(refused: Path, box: Sandbox, flags: tuple[str, ...], names: str) -> None:
    assert names in error(refused, *DEPLOY, *flags, code=2, **real(box))["why"]


def test_a_profile_of_the_environment_that_does_not_exist(refused: Path) -> None:
    assert "'nobody'" in error(refused, *DEPLOY, code=2, AWS_PROFILE="nobody")["what"]


def test_no_region_and_nobody_to_ask(refused: Path, box: Sandbox) -> None:
    text = (refused / "sentiment.toml").read_text().replace('region = "eu-west-1"', "")
    (refused / "sentiment.toml").write_text(text)
    assert "--region" in error(refused, *DEPLOY, code=2, **real(box))["what"]


def test_an_instance_type_without_quota(refused: Path) -> None:
    said = error(refused, *DEPLOY, "--sandbox", "--instance-type", "ml.p4d.24xlarge", code=5)
    assert said["code"] == "quota"
    assert "ml.t2.medium ($0.056/h)" in said["fix"]
    assert "--endpoint serverless" in said["fix"]


def test_a_bucket_that_somebody_else_has(refused: Path, box: Sandbox) -> None:
    done = run("plan", "--sandbox", "--json", cwd=refused)
    name = next(each["name"] for each in json.loads(done.stdout)["changes"] if each["resource"] == "artifact bucket")
    s3 = client(box, "s3", account="999999999999")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    try:
        said = error(refused, *DEPLOY, "--sandbox", code=5)
    finally:
        s3.delete_bucket(Bucket=name)
    assert name in said["what"]


@pytest.mark.parametrize(("what", "account", "region"), [("account", "999999999999", "eu-west-1"),
                                                         ("region", "123456789012", "eu-west-2")])  # fmt: skip
def test_a_stage_that_is_elsewhere(refused: Path, box: Sandbox, what: str, account: str, region: str) -> None:
    remember(refused, account=account, region=region)
    for command in (("plan",), ("deploy", "--yes"), ("teardown", "--yes", "--confirm", "tweets")):
        said = error(refused, *command, "--json", code=5, **real(box))
        assert said["code"] == f"other-{what}"


def test_a_journal_of_a_newer_program(refused: Path, box: Sandbox) -> None:
    remember(refused, format=99)
    assert error(refused, *DEPLOY, code=5, **real(box))["code"] == "newer-state"


@pytest.mark.parametrize("content", ["{", "[]", "\0\1", '{"project": 1}', ""])
def test_a_damaged_journal_is_set_aside(refused: Path, box: Sandbox, content: str) -> None:
    remember(refused)
    (refused / ".sentiment/dev/state.json").write_text(content)
    done = run("deploy", "--dry-run", "--json", cwd=refused, **real(box))
    assert done.returncode == 0, done.stderr
    assert "state.damaged.json" in done.stderr


@pytest.mark.parametrize("damage", ["missing", "cut", "other", "changed inside"])
def test_an_artifact_that_is_none(refused: Path, box: Sandbox, damage: str, tmp_path: Path) -> None:
    spoil(refused / "model/model.tar.gz", damage, tmp_path)
    said = error(refused, *DEPLOY, code=2, **real(box))
    assert "sentiment-cli train" in said["fix"]
    assert "sentiment-cli train" not in said["why"]


def test_a_model_that_is_not_good_enough(refused: Path, box: Sandbox) -> None:
    text = (refused / "sentiment.toml").read_text().replace("[model]", "[model]\nmin_accuracy = 0.999")
    (refused / "sentiment.toml").write_text(text)
    assert error(refused, *DEPLOY, code=5, **real(box))["code"] == "min-accuracy"


@pytest.mark.parametrize("skip", [(), ("--skip-local-test",)])
def test_no_docker_engine(refused: Path, box: Sandbox, skip: tuple[str, ...]) -> None:
    said = error(refused, *DEPLOY, *skip, code=5, **real(box, DOCKER_HOST="unix:///nowhere/docker.sock"))
    assert said["code"] == "docker-stopped"
    assert "--sandbox" in said["fix"]


def test_aws_out_of_reach_is_told_soon(refused: Path, box: Sandbox) -> None:
    began = time.monotonic()
    said = error(refused, *DEPLOY, code=1, **real(box, AWS_ENDPOINT_URL="http://127.0.0.1:9"))
    assert "AWS_ENDPOINT_URL" in said["fix"]
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("command", ["deploy", "plan", "teardown"])
def test_elsewhere_than_in_a_project(tmp_path: Path, command: str) -> None:
    said = error(tmp_path, command, "--sandbox", "--json", code=2)
    assert str(tmp_path) in said["what"]
    assert list(tmp_path.iterdir()) == []


def test_the_sandbox_without_its_parts(project: Path) -> None:
    program = (
        "import importlib.util, sys\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'moto' else find(name, *more)\n"
        "from sentiment_cli.main import run\nsys.exit(run(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *DEPLOY, "--sandbox"],
        cwd=project, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert "sentiment-cli[sandbox]" in json.loads(done.stdout)["error"]["fix"]


def test_where_no_sandbox_runs_none_is_started_to_look_into_it(project: Path) -> None:
    assert error(project, "invoke", "--sandbox", "--target", "api", "--json", "hi", code=2)["code"] == "no-sandbox"
    done = run("teardown", "--sandbox", "--json", cwd=project)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"deleted": [], "remaining": [], "kept": []})
    assert sandbox.find(project) is None


def test_commands_that_an_error_names_mean_the_same_place(refused: Path) -> None:
    said = error(refused, "invoke", "--sandbox", "--stage", "prod", "--target", "api", "--json", "hi", code=2)
    assert "`sentiment-cli deploy --stage prod --sandbox`" in said["fix"]


def client(box: Sandbox, service: str, account: str) -> Any:
    import boto3

    return boto3.client(
        service, "eu-west-1", endpoint_url=box.url, aws_access_key_id=f"SANDBOX{account}",
        aws_secret_access_key=box.secret_key,
    )  # fmt: skip


def remember(project: Path, **other: Any) -> None:
    """Leave a journal of something that was made."""
    entry = {"kind": "endpoint", "name": "tweets-dev", "status": "created", "at": "2026-01-01T00:00:00+00:00"}
    place = {"project": "tweets", "stage": "dev", "account": "123456789012", "region": "eu-west-1"}
    path = project / ".sentiment/dev/state.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**place, "resources": {"endpoint tweets-dev": entry}, **other}))


def spoil(archive: Path, damage: str, scratch: Path) -> None:
    content = archive.read_bytes()
    archive.unlink()
    if damage == "cut":
        archive.write_bytes(content[: len(content) // 2])
    elif damage == "other":
        archive.write_text("not an archive")
    elif damage == "changed inside":
        (scratch / "was.tar.gz").write_bytes(content)
        unpack(scratch / "was.tar.gz", scratch / "in")
        scorer = scratch / "in/scorer.json"
        scorer.write_text(scorer.read_text().replace("1", "2", 1))
        with tarfile.open(archive, "w:gz") as now:
            for path in sorted((scratch / "in").iterdir()):
                now.add(path, path.name)
