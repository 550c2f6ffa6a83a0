"""ECR's operations on images, answered from the real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.registry import faults
from sentiment_cli.sandbox.registry.manifests import Manifest
from sentiment_cli.sandbox.registry.records import Image, Records, Repository, page

_NOT_FOUND = ("ImageNotFound", "Requested image not found")
Id = Mapping[str, str]


class Images:
    """Answers for images."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def handlers(self) -> dict[str, Handler]:
        return {
            "DescribeImages": self._describe,
            "ListImages": self._list,
            "BatchGetImage": self._get,
            "PutImage": self._put,
            "BatchDeleteImage": self._delete,
        }

    def _describe(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            repository, images = self._open(call)
            if wanted := call.params.get("imageIds"):
                found = {digest: images[digest] for digest in (_wanted(repository, images, each) for each in wanted)}
            else:
                found = _filtered(images, call)
            details = [_detail(repository, each, images) for each in found.values()]
        return page("imageDetails", details, call.params)

    def _list(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            _, images = self._open(call)
        ids: list[dict[str, str]] = []
        for digest, image in _filtered(images, call).items():
            ids += [{"imageDigest": digest, "imageTag": tag} for tag in image.tags] or [{"imageDigest": digest}]
        return page("imageIds", ids, call.params)

    def _get(self, call: Call) -> Mapping[str, Any]:
        accepted = call.params.get("acceptedMediaTypes")
        found: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        with self._records.lock:
            repository, images = self._open(call)
        for wanted in call.params["imageIds"]:
            digest, failure = _resolve(images, wanted)
            manifest = images[digest].manifest if digest else None
            if manifest is None or (accepted and manifest.media_type not in accepted):
                failures.append(_failure(wanted, *(failure or _NOT_FOUND)))
            else:
                found.append(_shown(repository, manifest, wanted.get("imageTag")))
        return {"images": found, "failures": failures}

    def _put(self, call: Call) -> Mapping[str, Any]:
        manifest, tag = _manifest(call), call.params.get("imageTag")
        given = call.params.get("imageDigest", manifest.digest)
        if given != manifest.digest:
            raise faults.other_digest(given, manifest.digest)
        with self._records.lock:
            repository, images = self._open(call)
            self._check(repository, images, manifest, tag)
            if store := self._records.store:
                store.put(repository.path, tag or manifest.digest, manifest)
                repository.fixed.update({tag: manifest.digest} if tag else {})
            self._records.note(repository, manifest)
        return {"image": _shown(repository, manifest, tag)}

    def _check(self, repository: Repository, images: Mapping[str, Image], manifest: Manifest, tag: str | None) -> None:
        """Raises the Fault for a manifest that ECR does not take."""
        name, account = repository.name, repository.account
        taken = any(tag in image.tags for image in images.values())
        # Also for the same image: https://github.com/aws/containers-roadmap/issues/2179
        if taken and repository.mutability.startswith("IMMUTABLE"):
            raise faults.tag_is_taken(str(tag), name)
        there = images.get(manifest.digest)
        if there and (tag is None or tag in there.tags):
            raise faults.image_exists(manifest.digest, tag, name, account)
        if missing := [child for child in manifest.children if child not in images]:
            raise faults.no_children(missing, name, account)
        store = self._records.store
        lacking = [each for each in manifest.blobs if not store or store.blob_size(repository.path, each) is None]
        if lacking:
            raise faults.no_layers(lacking, name, account)

    def _delete(self, call: Call) -> Mapping[str, Any]:
        gone: list[dict[str, str]] = []
        failures: list[dict[str, Any]] = []
        with self._records.lock:
            for wanted in call.params["imageIds"]:
                repository, images = self._open(call)
                digest, failure = _resolve(images, wanted)
                failure = failure or (_parent(images, digest) if digest else None)
                if digest is None or failure:
                    failures.append(_failure(wanted, *(failure or _NOT_FOUND)))
                else:
                    gone += self._remove(repository, images[digest], wanted.get("imageTag"))
        return {"imageIds": gone, "failures": failures}

    def _remove(self, repository: Repository, image: Image, tag: str | None) -> Iterator[dict[str, str]]:
        """One tag, or with the last tag or without any the image itself; yields what is gone."""
        store, digest = self._records.store, image.manifest.digest
        if store is None:
            return
        if tag and len(image.tags) > 1:
            store.untag(repository.path, tag)
            repository.fixed.pop(tag, None)
            yield {"imageDigest": digest, "imageTag": tag}
            return
        store.delete(repository.path, digest)
        del repository.seen[digest]
        for each in image.tags:
            repository.fixed.pop(each, None)
            yield {"imageDigest": digest, "imageTag": each}
        if not image.tags:
            yield {"imageDigest": digest}

    def _open(self, call: Call) -> tuple[Repository, dict[str, Image]]:
        repository = self._records.find(call, call.params["repositoryName"])
        return repository, self._records.images(repository)


def _manifest(call: Call) -> Manifest:
    text = call.params["imageManifest"]
    try:
        value = json.loads(text)
        media_type = call.params.get("imageManifestMediaType") or value.get("mediaType")
    except (ValueError, AttributeError):
        raise faults.invalid("ImageManifest", "Invalid JSON syntax") from None
    if not media_type:
        # So it is said: https://github.com/aws/containers-roadmap/issues/1873
        raise faults.invalid("ImageManifest", "Invalid JSON syntax")
    if value.get("mediaType", media_type) != media_type:
        raise faults.invalid("imageManifestMediaType", "Must match the media type of the manifest")
    return Manifest(text.encode(), media_type)


def _resolve(images: Mapping[str, Image], wanted: Id) -> tuple[str | None, tuple[str, str] | None]:
    """The digest of an image id, or why there is none."""
    tag, digest = wanted.get("imageTag"), wanted.get("imageDigest")
    if tag is None and digest is None:
        return None, ("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
    tagged = next((each for each, image in images.items() if tag in image.tags), None) if tag else digest
    if digest and tagged and tagged != digest:
        return None, ("ImageTagDoesNotMatchDigest", "Requested image tag and digest are of different images")
    return (tagged, None) if tagged in images else (None, _NOT_FOUND)


def _wanted(repository: Repository, images: Mapping[str, Image], wanted: Id) -> str:
    digest, _ = _resolve(images, wanted)
    if digest is None:
        raise faults.no_image(wanted, repository.name, repository.account)
    return digest


def _parent(images: Mapping[str, Image], digest: str) -> tuple[str, str] | None:
    """Why an image that an index lists may not be deleted."""
    parents = [each for each, image in images.items() if digest in image.manifest.children]
    if not parents:
        return None
    return "ImageReferencedByManifestList", f"Requested image referenced by manifest list: [{', '.join(parents)}]"


def _filtered(images: Mapping[str, Image], call: Call) -> dict[str, Image]:
    status = call.params.get("filter", {}).get("tagStatus", "ANY")
    return {
        digest: image
        for digest, image in images.items()
        if status == "ANY" or bool(image.tags) == (status == "TAGGED")
    }  # fmt: skip


def _detail(repository: Repository, image: Image, images: Mapping[str, Image]) -> dict[str, Any]:
    manifests = [image.manifest, *(images[each].manifest for each in image.manifest.children if each in images)]
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageDigest": image.manifest.digest,
        **({"imageTags": list(image.tags)} if image.tags else {}),
        "imageSizeInBytes": sum(size for each in manifests for size in each.blobs.values()),
        "imagePushedAt": image.pushed,
        "imageManifestMediaType": image.manifest.media_type,
        **({"artifactMediaType": kind} if (kind := image.manifest.value.get("config", {}).get("mediaType")) else {}),
    }


def _shown(repository: Repository, manifest: Manifest, tag: str | None) -> dict[str, Any]:
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageId": {"imageDigest": manifest.digest, **({"imageTag": tag} if tag else {})},
        "imageManifest": manifest.content.decode(),
        "imageManifestMediaType": manifest.media_type,
    }


def _failure(wanted: Id, code: str, reason: str) -> dict[str, Any]:
    return {"imageId": dict(wanted), "failureCode": code, "failureReason": reason}
