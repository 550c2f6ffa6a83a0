"""The same endpoints as containers: from an image that was pushed, and run as SageMaker runs it."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from docker.errors import ImageNotFound

from sentiment_cli.clients.docker import connect
from sentiment_cli.events import ignore
from sentiment_cli.image import Recipe, recipe
from sentiment_cli.image.building import build
from sentiment_cli.sandbox import registry
from sentiment_cli.sandbox.hosting import instances
from sentiment_cli.sandbox.hosting.servers import MOUNT
from tests.sandbox.hosting.conftest import REGION, Account, Sandbox, policy, until

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def image(docker_engine: Any) -> Recipe:
    from platform import python_version

    wanted = recipe({"python": python_version(), "compiled": True})
    build(connect(), wanted, ignore)
    return wanted


@pytest.fixture(scope="module")
def sandbox(docker_engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp(uuid.uuid4().hex[:12])
    made = Sandbox(folder, "docker", registry.services)
    host = Account(made.url).client("ecr").create_repository(repositoryName="any")["repository"]["repositoryUri"]
    yield made
    made.close()
    registry.close()
    label = "=".join(made.context.label)
    assert docker_engine.containers.list(all=True, filters={"label": label}) == []
    assert docker_engine.volumes.list(filters={"label": label}) == []
    names = [name for image in docker_engine.images.list() for name in image.attrs["RepoDigests"]]
    assert not [name for name in names if name.startswith(host.partition("/")[0])]


@pytest.fixture
def aws(sandbox: Sandbox, image: Recipe, docker_engine: Any) -> Account:
    account = Account(sandbox.url)
    account.image = push(account, docker_engine, image.name)
    return account


def push(account: Account, docker: Any, name: str, repository: str = "server") -> str:
    """Push an image; its URI, which the engine itself forgets."""
    made = account.client("ecr").create_repository(repositoryName=repository)["repository"]
    docker.images.get(name).tag(made["repositoryUri"], "1")
    uri = f"{made['repositoryUri']}:1"
    try:
        last = docker.images.push(made["repositoryUri"], "1", auth_config={"username": "AWS", "password": "-"})
        assert "error" not in last, last
    finally:
        docker.images.remove(uri)
    return uri


def push_made(account: Account, docker: Any, lines: str, repository: str) -> str:
    """Build an image of a Dockerfile and push it; its URI. Nothing of it stays in the engine."""
    made = docker.images.build(fileobj=io.BytesIO(lines.encode()), rm=True)[0].id
    try:
        return push(account, docker, made, repository)
    finally:
        with suppress(ImageNotFound):
            docker.images.remove(made)


def container(docker: Any, sandbox: Sandbox) -> Any:
    """The one server container of a sandbox."""
    label = "=".join(sandbox.context.label)
    found = [each for each in docker.containers.list(filters={"label": label}) if "8080/tcp" in each.ports]
    assert len(found) == 1
    return found[0]


def test_a_container_of_the_pushed_image_answers(
    aws: Account, sandbox: Sandbox, docker_engine: Any, english: bytes
) -> None:
    aws.hosted(english)
    assert aws.ask("what a great day") == "Positive"
    resolved = aws.describe("tweets")["ProductionVariants"][0]["DeployedImages"][0]["ResolvedImage"]
    inside = container(docker_engine, sandbox)
    assert inside.image.id == docker_engine.images.get(resolved).id
    assert any('"ready"' in line for line in aws.log())

    assert inside.attrs["Path"] == "serve"
    assert inside.attrs["HostConfig"]["Memory"] == 8 * 1024**3
    assert inside.exec_run("id -u").output.strip() == b"0"
    assert inside.exec_run("touch /opt/anywhere").exit_code == 0
    assert inside.exec_run(f"touch {MOUNT}/anything").exit_code != 0
    assert inside.ports["8080/tcp"][0]["HostIp"] == "127.0.0.1"

    aws.sagemaker.delete_endpoint(EndpointName="tweets")
    aws.deleted("tweets")
    assert docker_engine.containers.list(all=True, filters={"id": inside.id}) == []


def test_a_serverless_container_may_write_nowhere(
    aws: Account, sandbox: Sandbox, docker_engine: Any, english: bytes
) -> None:
    aws.hosted(english, ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})
    assert aws.ask("great") == "Positive"
    inside = container(docker_engine, sandbox)
    assert inside.exec_run("touch /opt/anywhere").exit_code != 0
    assert inside.attrs["HostConfig"]["Memory"] == 1024**3
    aws.sagemaker.delete_endpoint(EndpointName="tweets")
    aws.deleted("tweets")


def test_a_container_that_is_killed_is_replaced(
    aws: Account, sandbox: Sandbox, docker_engine: Any, english: bytes
) -> None:
    aws.hosted(english)
    first = container(docker_engine, sandbox)
    first.kill()

    def answers() -> bool:
        try:
            return aws.ask("great") == "Positive"
        except ClientError:
            return False

    until(answers, bool)
    assert container(docker_engine, sandbox).id != first.id
    aws.sagemaker.delete_endpoint(EndpointName="tweets")
    aws.deleted("tweets")


def test_an_image_without_the_serve_command_cannot_start(
    aws: Account, image: Recipe, docker_engine: Any, english: bytes
) -> None:
    aws.image = push_made(aws, docker_engine, f"FROM {image.name}\nRUN rm /usr/local/bin/serve\n", "without-serve")
    aws.model("m", english)
    aws.config("c", "m")
    reason = aws.endpoint("tweets", "c", "Failed")["FailureReason"]
    assert reason.startswith(
        "CannotStartContainerError. Please ensure the model container for variant AllTraffic starts correctly when "
        "invoked with 'docker run <image> serve'"
    )


def test_a_container_that_needs_more_memory_than_the_instance_has_fails(
    aws: Account, image: Recipe, docker_engine: Any, english: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "STARTS", 1)
    code = "print('starting', flush=True); x = b'x' * (1100 * 1024**2); print('survived', flush=True)"
    greedy = json.dumps(["python", "-c", code])
    aws.image = push_made(aws, docker_engine, f"FROM {image.name}\nENTRYPOINT {greedy}\n", "greedy")
    aws.model("m", english)
    aws.config("c", "m", ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})
    assert "ping health check" in aws.endpoint("tweets", "c", "Failed")["FailureReason"]
    assert "starting" in aws.log()
    assert "survived" not in aws.log()


@pytest.fixture
def refused(aws: Account, english: bytes) -> Any:
    def create(**model: Any) -> str:
        container = {"Image": aws.image, "ModelDataUrl": aws.put(english)}
        asked = {"ModelName": "m", "ExecutionRoleArn": aws.role, "PrimaryContainer": container, **model}
        with pytest.raises(ClientError) as caught:
            aws.sagemaker.create_model(**asked)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        return str(caught.value.response["Error"]["Message"])

    return create


def test_an_oci_image_is_refused(aws: Account, refused: Any) -> None:
    ecr = aws.client("ecr")
    found = ecr.batch_get_image(repositoryName="server", imageIds=[{"imageTag": "1"}])["images"][0]
    manifest = json.loads(found["imageManifest"])
    kinds = {"container.image.v1+json": "application/vnd.oci.image.config.v1+json",
             "rootfs.diff.tar.gzip": "application/vnd.oci.image.layer.v1.tar+gzip"}  # fmt: skip
    for part in (manifest["config"], *manifest["layers"]):
        part["mediaType"] = next(new for old, new in kinds.items() if part["mediaType"].endswith(old))
    manifest["mediaType"] = "application/vnd.oci.image.manifest.v1+json"
    ecr.put_image(repositoryName="server", imageManifest=json.dumps(manifest), imageTag="oci",
                  imageManifestMediaType=manifest["mediaType"])  # fmt: skip
    uri = aws.image.removesuffix(":1") + ":oci"
    assert refused(PrimaryContainer={"Image": uri}) == (
        f"Unsupported manifest media type application/vnd.oci.image.manifest.v1+json for image {uri}."
    )


def test_an_image_that_is_not_there_is_refused(aws: Account, refused: Any) -> None:
    uri = aws.image.removesuffix(":1") + ":2"
    assert refused(PrimaryContainer={"Image": uri}) == f"Requested image {uri} not found."


def test_a_role_that_may_not_pull_is_refused(aws: Account, refused: Any) -> None:
    role = aws.make_role("no-ecr", policy((["s3:*"], "*")))
    text = refused(ExecutionRoleArn=role)
    assert f"cannot pull {aws.image}. Ensure that the role exists and the image was granted pull permission" in text


def test_a_role_that_may_pull_this_repository_only_is_enough(aws: Account, english: bytes) -> None:
    repository = f"arn:aws:ecr:{REGION}:{aws.id}:repository/server"
    pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    log_in = (["ecr:GetAuthorizationToken"], "*")
    aws.role = aws.make_role("narrow", policy((["s3:*"], "*"), (pull, repository), log_in))
    aws.model("m", english)


def test_an_image_for_other_processors_than_the_instances_have_is_refused(aws: Account, english: bytes) -> None:
    aws.model("m", english)
    with pytest.raises(ClientError, match=r"architecture amd64, but ml\.m6g\.large runs images of arm64"):
        aws.config("c", "m", InstanceType="ml.m6g.large")


def test_folders_hold_nothing_after_the_endpoints_are_gone(sandbox: Sandbox) -> None:
    assert list(Path(sandbox.context.folder, "hosting").iterdir()) == []
