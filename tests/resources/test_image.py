"""Images really built, pushed to a real registry, and read back: SageMaker's manifest under the tag, and only that."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sentiment_cli.clients.docker import connect
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Interrupted, SentimentError
from sentiment_cli.events import Event, Progress, ignore
from sentiment_cli.image import Recipe
from sentiment_cli.image.building import build
from sentiment_cli.resources import image, manifests, repository
from sentiment_cli.resources.image import Image
from sentiment_cli.resources.names import Names
from sentiment_cli.resources.repository import Repository

pytestmark = pytest.mark.docker

ATTESTATION = {"os": "unknown", "architecture": "unknown"}
AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64"}


def small_recipe(platform: str = "linux/amd64", size: int = 100_000) -> Recipe:
    """An image of two layers that nobody has yet."""
    files = {
        "Dockerfile": b"FROM scratch AS server\nCOPY one /\nCOPY two /\n",
        "one": uuid.uuid4().bytes,
        "two": os.urandom(size),
    }
    return Recipe(files, "server", "3.11", platform)


@pytest.fixture
def recipes(docker_engine: Any) -> Any:
    """Makes recipes, whose images are removed from the engine afterwards."""
    made: list[Recipe] = []

    def make(**options: Any) -> Recipe:
        made.append(small_recipe(**options))
        return made[-1]

    yield make
    for each in made:
        for found in docker_engine.images.list(each.name):
            docker_engine.images.remove(found.id, force=True)


@pytest.fixture
def one(aws: Aws, names: Names, recipes: Callable[..., Recipe]) -> Image:
    """An image that is not pushed yet, its repository made."""
    Repository(names).create(aws, ignore)
    return Image(names, recipes())


@dataclass(frozen=True)
class Registry:
    """The real registry behind ECR, written to as other tools do."""

    url: str

    @classmethod
    def of(cls, aws: Aws, names: Names) -> Registry:
        host, _, path = repository.uri(aws, names).partition("/")
        return cls(f"http://{host}/v2/{path}/manifests")

    def put(self, reference: str, content: dict[str, Any]) -> dict[str, Any]:
        """Store a manifest; how an index would list it."""
        text = json.dumps(content).encode()
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        answer = httpx.put(
            f"{self.url}/{reference or digest}", content=text, headers={"Content-Type": content["mediaType"]}
        )
        assert answer.status_code == 201, answer.text
        return {"mediaType": content["mediaType"], "digest": digest, "size": len(text)}


def tags(aws: Aws, names: Names) -> dict[str, str]:
    """Media type by tag."""
    found = aws.client("ecr").describe_images(repositoryName=names.repository)["imageDetails"]
    return {tag: each["imageManifestMediaType"] for each in found for tag in each.get("imageTags", [])}


def manifest_of(aws: Aws, one: Image, tag: str) -> dict[str, Any]:
    (found,) = aws.client("ecr").batch_get_image(
        repositoryName=one.names.repository, imageIds=[{"imageTag": tag}], acceptedMediaTypes=[manifests.DOCKER]
    )["images"]
    content: dict[str, Any] = json.loads(found["imageManifest"])
    return content


def in_ocis_words(content: dict[str, Any]) -> dict[str, Any]:
    """What a Docker with the containerd image store would have pushed."""
    layers = [{**each, "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"} for each in content["layers"]]
    config = {**content["config"], "mediaType": "application/vnd.oci.image.config.v1+json"}
    return {**content, "mediaType": manifests.OCI, "config": config, "layers": layers}


def index(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": manifests.OCI_INDEX, "manifests": list(parts)}


@pytest.fixture
def pushed(aws: Aws, one: Image) -> dict[str, Any]:
    """The manifest of `one`, pushed by Docker, with only its blobs left in the repository."""
    one.create(aws, ignore)
    content = manifest_of(aws, one, one.recipe.tag)
    aws.client("ecr").batch_delete_image(repositoryName=one.names.repository, imageIds=[{"imageTag": one.recipe.tag}])
    assert tags(aws, one.names) == {}
    return content


def test_it_is_pushed_in_the_format_that_sagemaker_takes(aws: Aws, one: Image) -> None:
    assert one.describe(aws) is None

    one.create(aws, ignore)

    assert tags(aws, one.names) == {one.recipe.tag: manifests.DOCKER}
    assert one.compare(one.describe(aws) or {}).action == "keep"


def test_it_is_named_by_its_digest_and_can_be_pulled_by_it(aws: Aws, one: Image, docker_engine: Any) -> None:
    one.create(aws, ignore)
    name = image.resolved(aws, one.names, one.recipe.tag)

    docker_engine.images.pull(name)

    assert name.startswith(f"{repository.uri(aws, one.names)}@sha256:")
    assert docker_engine.images.get(name).id == docker_engine.images.get(one.recipe.name).id
    docker_engine.images.remove(name)


def test_the_push_is_told_and_leaves_no_name_in_the_engine(aws: Aws, one: Image, docker_engine: Any) -> None:
    said: list[Event] = []

    one.create(aws, said.append)

    pushing = [each for each in said if isinstance(each, Progress) and each.unit == "bytes"]
    assert pushing[-1].done == pushing[-1].total
    assert pushing[-1].label == "Pushing layer 2 of 2,"
    assert docker_engine.images.get(one.recipe.name).tags == [one.recipe.name]


def test_the_users_docker_settings_are_not_touched(
    aws: Aws, one: Image, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config.json"
    settings.write_text('{"auths": {}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    one.create(aws, ignore)

    assert settings.read_text() == '{"auths": {}}'
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]


def test_a_second_time_nothing_is_pushed(aws: Aws, one: Image, operations: Any) -> None:
    one.create(aws, ignore)
    before = operations("ecr")

    one.create(aws, ignore)
    one.compare(one.describe(aws) or {})

    assert set(operations("ecr")[len(before) :]) == {"BatchGetImage"}


def test_another_content_is_another_tag(aws: Aws, one: Image, recipes: Callable[..., Recipe]) -> None:
    one.create(aws, ignore)
    other = Image(one.names, recipes())

    other.create(aws, ignore)

    assert set(tags(aws, one.names)) == {one.recipe.tag, other.recipe.tag}


@pytest.mark.parametrize("form", ["a manifest", "an index", "Docker's list"])
def test_what_docker_pushes_today_is_said_in_sagemakers_words(
    aws: Aws, one: Image, pushed: dict[str, Any], form: str, operations: Any, docker_engine: Any
) -> None:
    registry = Registry.of(aws, one.names)
    content = in_ocis_words(pushed)
    if form == "a manifest":
        registry.put(one.passing_tag, content)
    else:
        part = registry.put("", pushed if form == "Docker's list" else content)
        attestation = registry.put("", {**content, "annotations": {"kind": "attestation"}})
        parts = index({**attestation, "platform": ATTESTATION}, {**part, "platform": AMD64})
        registry.put(one.passing_tag, {**parts, "mediaType": manifests.DOCKER_LIST} if "list" in form else parts)
    before = len(operations("ecr"))

    one.create(aws, ignore)

    assert tags(aws, one.names) == {one.recipe.tag: manifests.DOCKER}
    assert manifest_of(aws, one, one.recipe.tag)["layers"] == pushed["layers"]
    assert manifest_of(aws, one, one.recipe.tag)["config"] == pushed["config"]
    assert "GetAuthorizationToken" not in operations("ecr")[before:], "nothing was left to push"
    name = image.resolved(aws, one.names, one.recipe.tag)
    assert docker_engine.images.pull(name).id == docker_engine.images.get(one.recipe.name).id
    docker_engine.images.remove(name)


def test_a_push_that_broke_off_at_its_end_is_tidied_up(aws: Aws, one: Image, pushed: dict[str, Any]) -> None:
    Registry.of(aws, one.names).put(one.passing_tag, in_ocis_words(pushed))
    Registry.of(aws, one.names).put(one.recipe.tag, pushed)
    found = one.describe(aws)
    assert found is not None
    assert one.compare(found).action == "update"

    one.update(aws, found, ignore)

    assert tags(aws, one.names) == {one.recipe.tag: manifests.DOCKER}
    assert one.compare(one.describe(aws) or {}).action == "keep"


def test_a_tag_that_somebody_pushed_by_hand_is_repaired(aws: Aws, one: Image, pushed: dict[str, Any]) -> None:
    Registry.of(aws, one.names).put(one.recipe.tag, in_ocis_words(pushed))
    found = one.describe(aws)
    assert found is not None
    assert one.compare(found).action == "update"

    one.update(aws, found, ignore)

    assert tags(aws, one.names) == {one.recipe.tag: manifests.DOCKER}


def test_whoever_pushes_the_same_at_the_same_time_is_welcome(
    aws: Aws, one: Image, pushed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.of(aws, one.names)
    registry.put(one.passing_tag, in_ocis_words(pushed))
    accepted = manifests.accepted

    def meanwhile(*arguments: Any) -> Any:
        registry.put(one.recipe.tag, pushed)
        return accepted(*arguments)

    monkeypatch.setattr(manifests, "accepted", meanwhile)
    one.create(aws, ignore)

    assert tags(aws, one.names) == {one.recipe.tag: manifests.DOCKER}


def test_an_image_for_other_machines_is_refused_and_forgotten(aws: Aws, one: Image, pushed: dict[str, Any]) -> None:
    registry = Registry.of(aws, one.names)
    part = registry.put("", in_ocis_words(pushed))
    registry.put(one.passing_tag, index({**part, "platform": ARM64}))

    with pytest.raises(SentimentError) as caught:
        one.create(aws, ignore)

    assert caught.value.code == "other-architecture"
    assert "linux/amd64" in caught.value.why
    assert "linux/arm64" in caught.value.why
    assert tags(aws, one.names) == {}, "or the next run would go on with it"


def test_layers_that_are_not_gzip_are_refused(aws: Aws, one: Image, pushed: dict[str, Any]) -> None:
    content = in_ocis_words(pushed)
    content["layers"][1]["mediaType"] = "application/vnd.oci.image.layer.v1.tar+zstd"
    Registry.of(aws, one.names).put(one.passing_tag, content)

    with pytest.raises(SentimentError, match="cannot take the image") as caught:
        one.create(aws, ignore)

    assert "zstd" in caught.value.why
    assert tags(aws, one.names) == {}


def test_an_image_for_graviton_is_pushed_as_such(aws: Aws, names: Names, recipes: Callable[..., Recipe]) -> None:
    Repository(names).create(aws, ignore)
    one = Image(names, recipes(platform="linux/arm64"))

    one.create(aws, ignore)

    config = manifest_of(aws, one, one.recipe.tag)["config"]["digest"]
    place = aws.client("ecr").get_download_url_for_layer(repositoryName=names.repository, layerDigest=config)
    assert httpx.get(place["downloadUrl"]).json()["architecture"] == "arm64"


def test_who_wants_to_leave_does_not_wait_for_the_push(aws: Aws, names: Names, recipes: Callable[..., Recipe]) -> None:
    Repository(names).create(aws, ignore)
    one = Image(names, recipes(size=60_000_000))  # a small one may be there before anybody can leave

    def leave(event: Event) -> None:
        if isinstance(event, Progress) and event.unit == "bytes":
            aws.leaving.set()

    with pytest.raises(Interrupted):
        one.create(aws, leave)

    assert tags(aws, one.names) == {}


def test_a_deploy_that_is_killed_in_the_push_leaves_what_the_next_one_completes(
    aws: Aws, names: Names, recipes: Callable[..., Recipe], docker_engine: Any
) -> None:
    Repository(names).create(aws, ignore)
    one = Image(names, recipes(size=20_000_000))
    build(connect(), one.recipe, ignore)

    child = os.fork()
    if child == 0:
        try:
            one.create(aws, lambda event: os.kill(os.getpid(), signal.SIGKILL) if isinstance(event, Progress) else None)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert one.recipe.tag not in tags(aws, names)

    one.create(aws, ignore)

    assert tags(aws, names) == {one.recipe.tag: manifests.DOCKER}
    assert docker_engine.images.get(one.recipe.name).tags == [one.recipe.name]
