"""The errors of ECR, in its own words."""

from __future__ import annotations

from collections.abc import Mapping

from sentiment_cli.sandbox.calls import Fault


def no_repository(name: str, account: str) -> Fault:
    return Fault(
        "RepositoryNotFoundException",
        f"The repository with name '{name}' does not exist in the registry with id '{account}'",
    )


def repository_exists(name: str, account: str) -> Fault:
    return Fault(
        "RepositoryAlreadyExistsException",
        f"The repository with name '{name}' already exists in the registry with id '{account}'",
    )


def not_empty(name: str, account: str) -> Fault:
    return Fault(
        "RepositoryNotEmptyException",
        f"The repository with name '{name}' in registry with id '{account}' cannot be deleted because it still "
        "contains images",
    )


def no_lifecycle(name: str, account: str) -> Fault:
    return Fault(
        "LifecyclePolicyNotFoundException",
        f"Lifecycle policy does not exist for the repository with name '{name}' in the registry with id '{account}'",
    )


def no_image(wanted: Mapping[str, str], name: str, account: str) -> Fault:
    digest, tag = (f"'{wanted[key]}'" if key in wanted else "'null'" for key in ("imageDigest", "imageTag"))
    return Fault(
        "ImageNotFoundException",
        f"The image with imageId {{imageDigest:{digest}, imageTag:{tag}}} does not exist within the repository with "
        f"name '{name}' in the registry with id '{account}'",
    )


def image_exists(digest: str, tag: str | None, name: str, account: str) -> Fault:
    return Fault(
        "ImageAlreadyExistsException",
        f"Image with digest '{digest}' and tag '{tag or 'null'}' already exists in the repository with name '{name}' "
        f"in registry with id '{account}'",
    )


def tag_is_taken(tag: str, name: str) -> Fault:
    return Fault(
        "ImageTagAlreadyExistsException",
        f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the tag is "
        "immutable.",
    )


def no_layers(digests: list[str], name: str, account: str) -> Fault:
    return Fault(
        "LayersNotFoundException",
        f"Layers with digests '[{', '.join(digests)}]' required for pushing image into repository with name '{name}' "
        f"in the registry with id '{account}' do not exist",
    )


def no_layer(digest: str, name: str, account: str) -> Fault:
    return Fault(
        "LayersNotFoundException",
        f"Layer with digest '{digest}' not found in the repository with name '{name}' in the registry with id "
        f"'{account}'",
    )


def no_children(digests: list[str], name: str, account: str) -> Fault:
    return Fault(
        "ReferencedImagesNotFoundException",
        f"Images with digests '[{', '.join(digests)}]' required for pushing image into repository with name '{name}' "
        f"in the registry with id '{account}' do not exist",
    )


def other_digest(given: str, actual: str) -> Fault:
    return Fault(
        "ImageDigestDoesNotMatchException",
        f"The provided image digest '{given}' does not match the digest of the image manifest '{actual}'",
    )


def invalid(parameter: str, constraint: str) -> Fault:
    return Fault(
        "InvalidParameterException",
        f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'",
    )
