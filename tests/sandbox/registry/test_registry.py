"""ECR of the sandbox, asked with boto3 and pushed to by Docker: it does and refuses what ECR does, in its words."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Aws

from .conftest import Push

pytestmark = pytest.mark.docker

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
ACCOUNT = "123456789012"


@pytest.fixture
def repository(ecr: Any, name: str) -> dict[str, Any]:
    made: dict[str, Any] = ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")["repository"]
    return made


@pytest.fixture
def uri(repository: dict[str, Any]) -> str:
    return str(repository["repositoryUri"])


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    """Code and message of the error."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def manifest(ecr: Any, name: str, tag: str) -> str:
    (found,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": tag}])["images"]
    return str(found["imageManifest"])


def tags(ecr: Any, name: str) -> set[str | None]:
    return {each.get("imageTag") for each in ecr.list_images(repositoryName=name)["imageIds"]}


def test_the_login_is_for_the_registry_and_ends(ecr: Any, uri: str) -> None:
    (given,) = ecr.get_authorization_token()["authorizationData"]

    assert base64.b64decode(given["authorizationToken"]).startswith(b"AWS:")
    assert given["proxyEndpoint"] == f"http://{uri.split('/')[0]}"
    assert timedelta(hours=11) < given["expiresAt"] - datetime.now(UTC) < timedelta(hours=13)


def test_a_repository_is_as_it_was_asked_for(ecr: Any, name: str, repository: dict[str, Any]) -> None:
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]

    assert found == repository
    assert found["repositoryArn"] == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}"
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert refused(ecr.create_repository, repositoryName=name) == (
        "RepositoryAlreadyExistsException",
        f"The repository with name '{name}' already exists in the registry with id '{ACCOUNT}'",
    )


@pytest.mark.parametrize("call", ["describe_repositories", "delete_repository", "list_images", "get_lifecycle_policy"])
def test_what_is_not_there_is_said(ecr: Any, name: str, call: str) -> None:
    names = {"repositoryNames": [name]} if call == "describe_repositories" else {"repositoryName": name}

    assert refused(getattr(ecr, call), **names) == (
        "RepositoryNotFoundException",
        f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'",
    )


def test_tags_of_a_repository_come_and_go(ecr: Any, repository: dict[str, Any]) -> None:
    arn = repository["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "b", "Value": "2"}]


def test_lifecycle_policies_are_read_before_they_are_taken(ecr: Any, name: str, repository: dict[str, Any]) -> None:
    assert refused(ecr.get_lifecycle_policy, repositoryName=name)[0] == "LifecyclePolicyNotFoundException"
    assert refused(ecr.put_lifecycle_policy, repositoryName=name, lifecyclePolicyText=json.dumps({"a": "b" * 100})) == (
        "InvalidParameterException",
        (
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation "
            'failure: object has missing required properties (["rules"])\''
        ),
    )


def test_a_pushed_image_is_described(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "one")

    (found,) = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "one"}])["imageDetails"]
    said = json.loads(manifest(ecr, name, "one"))
    assert found["imageManifestMediaType"] == DOCKER
    assert found["imageSizeInBytes"] == sum(each["size"] for each in [said["config"], *said["layers"]])
    assert datetime.now(UTC) - found["imagePushedAt"] < timedelta(minutes=1)
    assert refused(ecr.describe_images, repositoryName=name, imageIds=[{"imageTag": "two"}]) == (
        "ImageNotFoundException",
        (
            f"The image with imageId {{imageDigest:'null', imageTag:'two'}} does not exist within the repository with "
            f"name '{name}' in the registry with id '{ACCOUNT}'"
        ),
    )


def test_manifests_come_in_accepted_formats_only(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "one")
    wanted = [{"imageTag": "one"}, {"imageTag": "none"}]

    found = ecr.batch_get_image(repositoryName=name, imageIds=wanted, acceptedMediaTypes=[DOCKER])
    other = ecr.batch_get_image(repositoryName=name, imageIds=wanted[:1], acceptedMediaTypes=[OCI_INDEX])

    assert [each["imageId"]["imageTag"] for each in found["images"]] == ["one"]
    assert [(each["imageId"], each["failureCode"]) for each in found["failures"]] == [
        ({"imageTag": "none"}, "ImageNotFound")
    ]
    assert other["images"] == []


def test_an_immutable_tag_cannot_be_put_again(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "one")
    push(uri, "two")

    for source in ("one", "two"):
        code, message = refused(
            ecr.put_image, repositoryName=name, imageManifest=manifest(ecr, name, source), imageTag="one"
        )
        assert code == "ImageTagAlreadyExistsException"
        assert message.startswith(f"The image tag 'one' already exists in the '{name}' repository and cannot be")


def test_an_immutable_tag_that_is_pushed_over_is_moved_back(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "one")
    before = manifest(ecr, name, "one")

    push(uri, "one")

    assert manifest(ecr, name, "one") == before
    held = httpx.get(f"http://{uri.replace('/', '/v2/', 1)}/manifests/one", headers={"Accept": DOCKER})
    assert held.text == before, "the real registry must have it back too"


def test_a_mutable_tag_moves(ecr: Any, name: str, uri: str, push: Push) -> None:
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
    push(uri, "one")
    before = manifest(ecr, name, "one")

    push(uri, "one")

    assert manifest(ecr, name, "one") != before
    assert tags(ecr, name) == {"one", None}, "what it was on is still there, without a tag"
    text = manifest(ecr, name, "one")
    assert refused(ecr.put_image, repositoryName=name, imageManifest=text, imageTag="one")[0] == (
        "ImageAlreadyExistsException"
    )


def test_a_manifest_can_have_a_second_tag_and_lose_it(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "one")
    text = manifest(ecr, name, "one")
    ecr.put_image(repositoryName=name, imageManifest=text, imageTag="two")

    gone = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "one"}, {"imageTag": "never"}])

    assert [each["imageTag"] for each in gone["imageIds"]] == ["one"]
    assert [each["failureCode"] for each in gone["failures"]] == ["ImageNotFound"]
    assert tags(ecr, name) == {"two"}
    assert manifest(ecr, name, "two") == text


def test_a_removed_tag_can_be_pushed_again(ecr: Any, name: str, uri: str, push: Push) -> None:
    image = push(uri, "one")
    text = manifest(ecr, name, "one")
    for _ in range(2):
        ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "one"}])
        assert tags(ecr, name) == set()
        push(uri, "one", same=image)
        assert manifest(ecr, name, "one") == text
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "one"}])
    push(uri, "one")
    assert manifest(ecr, name, "one") != text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "InvalidParameterException"),
        ('{"schemaVersion": 2}', "InvalidParameterException"),
        (json.dumps({"mediaType": DOCKER, "config": {"digest": f"sha256:{'0' * 64}", "size": 1}, "layers": []}),
         "LayersNotFoundException"),
        (json.dumps({"mediaType": OCI_INDEX, "manifests": [{"digest": f"sha256:{'0' * 64}", "size": 1}]}),
         "ReferencedImagesNotFoundException"),
    ],
)  # fmt: skip
def test_a_manifest_without_what_it_lists_is_refused(
    ecr: Any, name: str, repository: dict[str, Any], text: str, code: str
) -> None:
    assert refused(ecr.put_image, repositoryName=name, imageManifest=text, imageTag="x")[0] == code


def test_parts_of_an_index_have_no_tag_and_stay_with_it(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "part")
    (part,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "part"}])["images"]
    listed = {"mediaType": DOCKER, "digest": part["imageId"]["imageDigest"], "size": len(part["imageManifest"])}
    text = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [listed]})
    ecr.put_image(repositoryName=name, imageManifest=text, imageManifestMediaType=OCI_INDEX, imageTag="all")

    gone = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "part"}])

    assert [each["failureCode"] for each in gone["failures"]] == ["ImageReferencedByManifestList"]
    details = ecr.describe_images(repositoryName=name, filter={"tagStatus": "TAGGED"})["imageDetails"]
    assert {each["imageManifestMediaType"] for each in details} == {DOCKER, OCI_INDEX}


def test_layers_can_be_found_and_read(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "one")
    said = json.loads(manifest(ecr, name, "one"))
    there, missing = said["layers"][0]["digest"], f"sha256:{'0' * 64}"

    found = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[there, missing])["layers"]
    place = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=said["config"]["digest"])["downloadUrl"]

    assert [each["layerAvailability"] for each in found] == ["AVAILABLE", "UNAVAILABLE"]
    assert httpx.get(place).json()["os"] == "linux"
    assert refused(ecr.get_download_url_for_layer, repositoryName=name, layerDigest=missing)[0] == (
        "LayersNotFoundException"
    )


def test_a_repository_with_images_goes_only_by_force(ecr: Any, name: str, uri: str, push: Push) -> None:
    push(uri, "one")
    assert refused(ecr.delete_repository, repositoryName=name)[0] == "RepositoryNotEmptyException"

    ecr.delete_repository(repositoryName=name, force=True)

    ecr.create_repository(repositoryName=name)
    assert ecr.list_images(repositoryName=name)["imageIds"] == [], "an image came back with the name"


def test_accounts_and_regions_know_nothing_of_each_other(docker_aws: Aws, name: str, uri: str, push: Push) -> None:
    push(uri, "one")
    others = [
        docker_aws.client("ecr", account="999999999999"),
        docker_aws.client("ecr", region="eu-central-1"),
    ]
    for other in others:
        assert refused(other.describe_repositories, repositoryNames=[name])[0] == "RepositoryNotFoundException"
        made = other.create_repository(repositoryName=name)["repository"]
        assert made["repositoryUri"] != uri
        assert other.list_images(repositoryName=name)["imageIds"] == []


def test_without_an_engine_there_are_repositories_and_no_images(aws: Aws, name: str) -> None:
    ecr = aws.client("ecr")
    made = ecr.create_repository(repositoryName=name)["repository"]

    assert made["repositoryUri"] == f"{aws.sandbox.url.removeprefix('http://')}/{name}"
    assert ecr.get_authorization_token()["authorizationData"]
    assert ecr.list_images(repositoryName=name)["imageIds"] == []
    text = json.dumps({"mediaType": DOCKER, "config": {"digest": f"sha256:{'0' * 64}", "size": 1}, "layers": []})
    assert refused(ecr.put_image, repositoryName=name, imageManifest=text)[0] == "LayersNotFoundException"
    ecr.delete_repository(repositoryName=name)
