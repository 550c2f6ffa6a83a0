"""A real OCI registry over its HTTP API; it knows nothing of AWS.

The API: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sentiment_cli.sandbox.registry.manifests import ALL, DOCKER, Manifest

TIMEOUT_SECONDS = 20.0


class Store:
    """The registry that listens at `host` ("127.0.0.1:5000")."""

    def __init__(self, host: str) -> None:
        import httpx

        self.host = host
        # trust_env=False: a company's proxy must not be asked for a registry on this machine.
        self._http = httpx.Client(base_url=f"http://{host}/v2", timeout=TIMEOUT_SECONDS, trust_env=False)

    def is_up(self) -> bool:
        import httpx

        try:
            return self._http.get("/").status_code == 200
        except httpx.HTTPError:
            return False

    def tags(self, path: str) -> list[str]:
        """The tags below `path`; none if nothing was ever pushed there."""
        answer = self._http.get(f"/{path}/tags/list")
        return sorted(answer.json().get("tags") or []) if answer.status_code == 200 else []

    def manifest(self, path: str, reference: str) -> Manifest | None:
        """The manifest with a tag or digest."""
        answer = self._http.get(f"/{path}/manifests/{reference}", headers={"Accept": ", ".join(ALL)})
        if answer.status_code == 404:
            return None
        _expect(answer, 200)
        return Manifest(answer.content, answer.headers["Content-Type"])

    def put(self, path: str, reference: str, manifest: Manifest) -> None:
        """Store a manifest under a tag or its digest."""
        headers = {"Content-Type": manifest.media_type}
        _expect(self._http.put(f"/{path}/manifests/{reference}", content=manifest.content, headers=headers), 201)

    def delete(self, path: str, digest: str) -> None:
        """Remove a manifest and every tag on it; gone is no error. Its layers stay."""
        _expect(self._http.delete(f"/{path}/manifests/{digest}"), 202, 404)

    def untag(self, path: str, tag: str) -> None:
        """Remove a tag and nothing else.

        The registry has no such request, so the tag is moved to a manifest made for this, and that one is deleted.
        """
        config = json.dumps({"architecture": "", "os": "", "removed": uuid4().hex}).encode()
        digest = self.upload(path, config)
        described = {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": digest}
        content = {"schemaVersion": 2, "mediaType": DOCKER, "config": {**described, "size": len(config)}, "layers": []}
        passing = Manifest(json.dumps(content).encode(), DOCKER)
        self.put(path, tag, passing)
        self.delete(path, passing.digest)

    def blob(self, path: str, digest: str) -> bytes | None:
        answer = self._http.get(f"/{path}/blobs/{digest}", follow_redirects=True)
        return answer.content if answer.status_code == 200 else None

    def blob_size(self, path: str, digest: str) -> int | None:
        """Bytes of a layer or configuration; None if the repository has none of that digest."""
        answer = self._http.head(f"/{path}/blobs/{digest}", follow_redirects=True)
        return int(answer.headers["Content-Length"]) if answer.status_code == 200 else None

    def blob_url(self, path: str, digest: str) -> str:
        return f"{self._http.base_url}{path}/blobs/{digest}"

    def upload(self, path: str, content: bytes) -> str:
        """Store a blob; its digest."""
        digest = f"sha256:{sha256(content).hexdigest()}"
        begun = self._http.post(f"/{path}/blobs/uploads/")
        _expect(begun, 202)
        # The address may hold a query already, and httpx's `params` would replace it.
        place = begun.headers["Location"]
        mark = "&" if "?" in place else "?"
        _expect(self._http.put(f"{place}{mark}digest={digest}", content=content), 201)
        return digest

    def config(self, path: str, manifest: Manifest) -> Mapping[str, Any]:
        """The configuration of an image; empty for an index."""
        content = self.blob(path, manifest.config) if manifest.config else None
        return json.loads(content) if content else {}

    def close(self) -> None:
        self._http.close()


def _expect(answer: Any, *statuses: int) -> None:
    if answer.status_code not in statuses:
        raise RegistryRefused(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}")


class RegistryRefused(Exception):
    """The registry answered what nobody expected of it."""
