"""What a manifest says about itself; it is read here, never written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
ALL = (DOCKER, DOCKER_LIST, OCI, OCI_INDEX)


@dataclass(frozen=True)
class Manifest:
    """A manifest, as its bytes and what kind it is."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return f"sha256:{sha256(self.content).hexdigest()}"

    @property
    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.content)
        return value

    @property
    def children(self) -> list[str]:
        """Digests of the manifests that an index lists; none for anything else."""
        return [each["digest"] for each in self.value.get("manifests", [])]

    @property
    def config(self) -> str | None:
        """Digest of the configuration; None for an index."""
        config = self.value.get("config")
        return config["digest"] if config else None

    @property
    def blobs(self) -> dict[str, int]:
        """Digest and size of the configuration and of every layer."""
        value = self.value
        named = [*value.get("layers", []), *([value["config"]] if "config" in value else [])]
        return {each["digest"]: each["size"] for each in named}
