"""The whole road: from an artifact to a REST API and back to nothing, each command a program, on a real Docker engine.

The tests of this file share one stage and go on where the one before ended.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentiment_cli import sandbox
from sentiment_cli.resources.names import digest
from tests.commands.conftest import Done, run

pytestmark = pytest.mark.docker

REGION = digest({"region": "eu-west-1"})
# By a deployment that changes nothing: boto3 and what it needs, Typer and rich, and what reads our files.
NEEDED = {
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3", "certifi", "typing_extensions",
    "typer", "annotated_doc", "shellingham", "rich",
    "sentiment_cli", "server_image", "msgspec", "orjson", "_distutils_hack", "sitecustomize",
}  # fmt: skip
TEXTS = ("Today was a great day!", "never again, what a waste", "ok", "déjà vu 😒", "")


@dataclass
class Stage:
    """A project with a sandbox, and what its last deployment said."""

    project: Path
    said: dict[str, Any] = field(default_factory=dict)
    seen: int = 0

    def run(self, *arguments: str) -> Done:
        return run(*arguments, cwd=self.project)

    def result(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        [line] = done.stdout.splitlines()
        said: dict[str, Any] = json.loads(line)
        return said

    def deploy(self, *flags: str) -> dict[str, Any]:
        self.said = self.result("deploy", "--sandbox", "--yes", *flags)
        return self.said

    def requests(self) -> list[dict[str, Any]]:
        """What was asked of AWS since the last look."""
        found = sandbox.find(self.project)
        assert found is not None
        lines = [json.loads(line) for line in found.access_log.read_text().splitlines()]
        new, self.seen = lines[self.seen :], len(lines)
        return new

    def changes(self, most: int | None = None) -> list[str]:
        """The requests since the last look that change something; of all together there may be `most`."""
        asked = self.requests()
        assert most is None or len(asked) <= most
        return [f"{each['service']}:{each['operation']}" for each in asked if each["mutating"]]

    def ask(self, body: Any, key: bool = True) -> httpx.Response:
        headers = {"x-api-key": self.said["api"]["key"]} if key else {}
        return httpx.post(self.said["api"]["url"], json=body, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def stage(docker_engine: Any, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    project = tmp_path_factory.mktemp("whole") / "tweets"
    shutil.copytree(trained, project)
    yield Stage(project)
    sandbox.down(project)


@pytest.fixture
def live(stage: Stage) -> Stage:
    """With something deployed, also for a test that is run alone."""
    if not stage.said:
        stage.deploy()
    return stage


def local_answers(project: Path) -> list[dict[str, Any]]:
    """What the model says without any server."""
    from server_image.artifact import load, unpack

    folder = project / "unpacked"
    unpack(project / "model/model.tar.gz", folder)
    answers = load(folder).predict(TEXTS)
    shutil.rmtree(folder)
    return [{"label": label, "score": score} for label, score in answers]


def test_the_plan_changes_nothing(stage: Stage) -> None:
    said = stage.result("plan", "--sandbox")
    assert {each["action"] for each in said["changes"]} == {"create"}
    assert said["cost"]["hourly_usd"] == 0.056
    assert stage.changes() == []
    assert stage.result("deploy", "--sandbox", "--dry-run")["changes"] == said["changes"]
    assert stage.changes() == []


def test_from_an_artifact_to_an_api_that_answers_as_the_model_does(stage: Stage) -> None:
    said = stage.deploy()
    assert said["verified"] is True
    assert len(stage.changes(most=140)) <= 60
    assert {step["action"] for step in said["steps"]} == {"create"}
    assert len(said["steps"]) == len(said["changes"]) == 10
    assert said["endpoint"]["status"] == "InService"
    assert said["image"]["uri"].endswith(f"@{said['image']['digest']}")
    answer = stage.ask({"input": [{"text": text} for text in TEXTS]})
    assert answer.status_code == 200
    assert answer.json() == {"output": local_answers(stage.project)}
    assert stage.ask({"input": []}, key=False).status_code == 403


def test_endpoint_api_and_words_through_invoke(stage: Stage) -> None:
    endpoint = stage.result("invoke", "--sandbox", "--target", "endpoint", "--explain", TEXTS[0])
    assert endpoint == stage.result("invoke", "--sandbox", "--target", "api", "--explain", TEXTS[0])
    assert endpoint["output"][0]["label"] == "Positive"
    assert endpoint["output"][0]["explanation"]
    assert stage.run("invoke", "--sandbox", TEXTS[0]).stderr == "Asking the API of stage dev.\n"


def test_a_second_deployment_makes_not_one_change(stage: Stage) -> None:
    stage.requests()
    before = stage.said
    said = stage.deploy()
    assert stage.changes(most=50) == []
    assert said["steps"] == []
    assert {each["action"] for each in said["changes"]} == {"keep"}
    assert all(each["reason"] for each in said["changes"])
    assert said["api"] == before["api"]


def test_with_nothing_to_change_little_is_loaded_and_asked(stage: Stage) -> None:
    stage.requests()
    done = run("deploy", "--sandbox", "--yes", cwd=stage.project, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0, done.stderr
    told = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    packages = {each.partition(".")[0] for each in told} - sys.stdlib_module_names
    assert {each for each in packages if each.isidentifier() and find_spec(each)} <= NEEDED
    assert len(stage.requests()) <= 33


def test_what_aws_takes_is_a_docker_manifest_that_is_named_by_its_digest(stage: Stage) -> None:
    aws = client(stage, "ecr")
    name = "sentiment-cli/tweets-dev"
    [image] = aws.describe_images(repositoryName=name)["imageDetails"]
    assert image["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    model = client(stage, "sagemaker").describe_model(ModelName=changed(stage.said, "model"))
    assert model["PrimaryContainer"]["Image"] == stage.said["image"]["uri"]
    assert image["imageDigest"] == stage.said["image"]["digest"]


def test_a_retrained_model_goes_live_without_touching_the_image(stage: Stage) -> None:
    old = stage.said["endpoint"]["version"]
    assert stage.run("train", "--seed", "7").returncode == 0
    stage.requests()
    said = stage.deploy()
    actions = {each["resource"]: each["action"] for each in said["changes"]}
    assert [kind for kind, action in actions.items() if action != "keep"] == [
        "artifact", "model", "endpoint configuration", "endpoint"
    ]  # fmt: skip
    assert actions["endpoint"] == "update"
    assert stage.changes(most=75) == [
        "s3:PutObject", "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:UpdateEndpoint"
    ]  # fmt: skip
    assert said["endpoint"]["version"] != old
    assert stage.ask({"input": [{"text": text} for text in TEXTS]}).json() == {"output": local_answers(stage.project)}


def test_other_server_code_is_another_image(stage: Stage) -> None:
    """A server that differs by one line, as after an update of sentiment-cli."""
    program = (
        "import sys\nfrom sentiment_cli.image import context\nread = context.read\n"
        "context.read = lambda folder: {k: v + (b'# newer\\n' if k == 'links.py' else b'')"
        " for k, v in read(folder).items()}\n"
        "from sentiment_cli.main import run\nsys.exit(run(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "deploy", "--sandbox", "--yes", "--json"],
        cwd=stage.project, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    actions = {each["resource"]: each["action"] for each in said["changes"]}
    assert actions["image"] == "create"
    assert actions["image repository"] == actions["artifact"] == "keep"
    assert len(client(stage, "ecr").describe_images(repositoryName="sentiment-cli/tweets-dev")["imageDetails"]) == 2


def test_amazons_own_command_line_sees_and_asks_it(live: Stage, aws_cli: Path, tmp_path: Path) -> None:
    found = sandbox.find(live.project)
    assert found is not None
    environment = {**os.environ, **found.environment(), "AWS_DEFAULT_REGION": "eu-west-1", "HOME": str(tmp_path)}

    def aws(*arguments: str) -> str:
        command = [str(aws_cli.with_name("python")), str(aws_cli), "--endpoint-url", found.url, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert json.loads(aws("sagemaker", "list-endpoints"))["Endpoints"][0]["EndpointName"] == "tweets-dev"
    body = json.dumps({"input": [{"text": text} for text in TEXTS]})
    answer = tmp_path / "answer.json"
    aws(
        "sagemaker-runtime", "invoke-endpoint", "--endpoint-name", "tweets-dev", "--content-type", "application/json",
        "--body", body, str(answer),
    )  # fmt: skip
    assert json.loads(answer.read_text()) == {"output": local_answers(live.project)}
    images = json.loads(aws("ecr", "describe-images", "--repository-name", "sentiment-cli/tweets-dev"))["imageDetails"]
    assert live.said["image"]["digest"] in {each["imageDigest"] for each in images}
    assert "tweets-dev-" in aws("s3", "ls")


def test_every_request_was_one_that_aws_would_understand(stage: Stage) -> None:
    stage.seen = 0
    requests = stage.requests()
    assert len(requests) > 100
    assert [each for each in requests if not each["valid"] or each["status"] >= 500] == []


def test_everything_carries_the_tags_of_its_stage(stage: Stage) -> None:
    tags = [{"Key": "sentiment-cli:project", "Values": ["tweets"]}, {"Key": "sentiment-cli:stage", "Values": ["dev"]}]
    found = client(stage, "resourcegroupstaggingapi").get_resources(TagFilters=tags)["ResourceTagMappingList"]
    sorts = {each["ResourceARN"].split(":")[2] for each in found}
    assert sorts == {"sagemaker", "s3", "ecr", "logs", "lambda", "apigateway"}
    for role in (f"tweets-dev-sagemaker-{REGION[:6]}", "tweets-dev-api_handler"):
        held = client(stage, "iam").list_role_tags(RoleName=role)["Tags"]
        assert {"Key": "sentiment-cli:project", "Value": "tweets"} in held


def test_no_secret_is_on_record(stage: Stage) -> None:
    key = stage.said["api"]["key"]
    for path in (stage.project / ".sentiment").rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path


def test_teardown_wants_to_be_sure(stage: Stage) -> None:
    stage.requests()
    for flags, code in ((["--yes"], 2), (["--yes", "--confirm", "other"], 2), (["--confirm", "tweets"], 2)):
        done = stage.run("teardown", "--sandbox", "--json", *flags)
        assert done.returncode == code
        assert json.loads(done.stdout)["error"]["fix"]
    assert stage.changes() == []


def test_teardown_leaves_nothing_also_without_the_files_of_this_machine(stage: Stage, docker_engine: Any) -> None:
    found = sandbox.find(stage.project)
    assert found is not None
    shutil.rmtree(stage.project / ".sentiment/sandbox/stages")
    shutil.rmtree(stage.project / "api/.chalice/deployed")
    said = stage.result("teardown", "--sandbox", "--yes", "--confirm", "tweets")
    assert said["remaining"] == []
    assert len(said["deleted"]) >= 14
    assert stage.result("sandbox", "status")["resources"] == {}
    assert client(stage, "iam").list_roles()["Roles"] == []
    left = docker_engine.containers.list(all=True, filters={"label": f"sentiment-cli.sandbox={found.id}"})
    assert [each.image.tags for each in left] == [["registry:2"]]
    nothing: dict[str, list[str]] = {"deleted": [], "remaining": [], "kept": []}
    assert stage.result("teardown", "--sandbox", "--yes", "--confirm", "tweets") == nothing
    stage.run("sandbox", "down")
    assert docker_engine.containers.list(all=True, filters={"label": f"sentiment-cli.sandbox={found.id}"}) == []
    assert docker_engine.volumes.list(filters={"label": f"sentiment-cli.sandbox={found.id}"}) == []


def client(stage: Stage, service: str) -> Any:
    import boto3

    found = sandbox.find(stage.project)
    assert found is not None
    return boto3.client(
        service, "eu-west-1", endpoint_url=found.url, aws_access_key_id=found.access_key,
        aws_secret_access_key=found.secret_key,
    )  # fmt: skip


def changed(said: dict[str, Any], kind: str) -> str:
    return next(each["name"] for each in said["changes"] if each["resource"] == kind)
