"""ECR's operations on layers: which are there, and where to read them. They are pushed to the real registry itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.registry import faults
from sentiment_cli.sandbox.registry.records import Records, Repository

MEDIA_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"


class Layers:
    """Answers for layers."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def handlers(self) -> dict[str, Handler]:
        return {"BatchCheckLayerAvailability": self._check, "GetDownloadUrlForLayer": self._url}

    def _check(self, call: Call) -> Mapping[str, Any]:
        repository = self._records.find(call, call.params["repositoryName"])
        layers = [self._shown(repository, digest) for digest in call.params["layerDigests"]]
        return {"layers": layers, "failures": []}

    def _shown(self, repository: Repository, digest: str) -> dict[str, Any]:
        size = self._size(repository, digest)
        if size is None:
            return {"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}
        return {
            "layerDigest": digest,
            "layerAvailability": "AVAILABLE",
            "layerSize": size,
            "mediaType": MEDIA_TYPE,
        }

    def _url(self, call: Call) -> Mapping[str, Any]:
        repository = self._records.find(call, call.params["repositoryName"])
        digest, store = call.params["layerDigest"], self._records.store
        if store is None or self._size(repository, digest) is None:
            raise faults.no_layer(digest, repository.name, repository.account)
        return {"layerDigest": digest, "downloadUrl": store.blob_url(repository.path, digest)}

    def _size(self, repository: Repository, digest: str) -> int | None:
        store = self._records.store
        return store.blob_size(repository.path, digest) if store else None
