"""Image manifests, and the one kind of them that SageMaker takes: Docker's version 2 schema 2, for a single platform.

An OCI manifest says the same in other words, about the same blobs, so it is said again in Docker's. Pure functions.
OCI: https://github.com/opencontainers/image-spec/blob/main/manifest.md
Docker: https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sentiment_cli.errors import SentimentError

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
ALL = (DOCKER, DOCKER_LIST, OCI, OCI_INDEX)

_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_GZIP_LAYERS = (_LAYER, "application/vnd.oci.image.layer.v1.tar+gzip")


@dataclass(frozen=True)
class Manifest:
    """A manifest as a registry keeps it: the digest is that of the text, so not a space of it may change."""

    text: str
    media_type: str


def accepted(manifest: Manifest, platform: str, read: Callable[[str], Manifest | None]) -> Manifest:
    """`manifest`, or its part for `platform`, as SageMaker takes it; `read` fetches a manifest by its digest.

    The same bytes whenever it is asked. Raises SentimentError for an image of another platform, or one whose layers
    are not gzip.
    """
    content = json.loads(manifest.text)
    if "manifests" in content:
        part = read(_digest_for(platform, content["manifests"]))
        if part is None:
            raise _incomplete()
        return accepted(part, platform, read)
    return manifest if manifest.media_type == DOCKER else _in_dockers_words(content)


def _digest_for(platform: str, parts: list[Mapping[str, Any]]) -> str:
    """Attestations are listed as parts too, for the platform unknown/unknown."""
    there = {
        f"{each['platform']['os']}/{each['platform']['architecture']}": each for each in parts if "platform" in each
    }
    if platform not in there:
        raise other_platform(platform, ", ".join(sorted(set(there) - {"unknown/unknown"})) or "no platform")
    return str(there[platform]["digest"])


def _in_dockers_words(content: Mapping[str, Any]) -> Manifest:
    config = {"mediaType": _CONFIG, **_blob(content["config"])}
    layers = [{"mediaType": _LAYER, **_blob(each)} for each in map(_gzip, content["layers"])]
    said = {"schemaVersion": 2, "mediaType": DOCKER, "config": config, "layers": layers}
    return Manifest(json.dumps(said, separators=(",", ":")), DOCKER)


def _blob(described: Mapping[str, Any]) -> dict[str, Any]:
    return {"size": described["size"], "digest": described["digest"]}


def _gzip(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    if layer["mediaType"] not in _GZIP_LAYERS:
        raise SentimentError(
            "SageMaker cannot take the image that was pushed.",
            f"A layer is {layer['mediaType']}, and SageMaker reads gzip only.",
            "Switch off other compressions in Docker's settings (zstd, or an uncompressed image store), "
            "then run `sentiment-cli deploy` again.",
            code="layers-not-gzip",
        )
    return layer


def other_platform(wanted: str, found: str) -> SentimentError:
    """The error for an image that the endpoint's machines cannot run."""
    return SentimentError(
        "The image that was pushed is for another kind of machine.",
        f"The endpoint runs {wanted}; the image is for {found}.",
        "Remove the local image with `docker image rm`, switch on emulation of other platforms in Docker's settings, "
        "then run `sentiment-cli deploy` again.",
        code="other-architecture",
    )


def _incomplete() -> SentimentError:
    return SentimentError(
        "The image that was pushed is not complete.",
        "Its index lists a part that the repository does not have.",
        "Run `sentiment-cli deploy` again: it pushes what is missing.",
        code="image-incomplete",
    )
