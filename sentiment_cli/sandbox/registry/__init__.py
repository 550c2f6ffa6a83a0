"""ECR: repositories kept here, images in a real OCI registry that runs as a container.

A `docker push` goes to that registry and not through here. So what ECR would refuse at a push (a repository that does
not exist, an immutable tag) is set right at the next request to ECR: such an image is not listed, such a tag is moved
back. Without a Docker engine there are repositories, and no images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.registry import container
from sentiment_cli.sandbox.registry.images import Images
from sentiment_cli.sandbox.registry.layers import Layers
from sentiment_cli.sandbox.registry.records import Records, Repository
from sentiment_cli.sandbox.registry.repositories import Repositories
from sentiment_cli.sandbox.registry.store import RegistryRefused, Store

_open: dict[str, Records] = {}


@dataclass(frozen=True)
class Found:
    """What the registry knows of an image that is to be run."""

    media_type: str
    architecture: str
    """Empty for an index, which has several."""
    pull_name: str
    """By digest, for the engine."""
    repository: str
    """Its name in ECR, which is not always the path in `pull_name`."""


def services(context: Context) -> Mapping[tuple[str, str], Handler]:
    """The handler of every operation of ECR that this sandbox has."""
    records = _records(context)
    parts = (Repositories(context, records), Images(records), Layers(records))
    return {("ecr", operation): _told(handler) for part in parts for operation, handler in part.handlers().items()}


def image(context: Context, account: str, region: str, uri: str) -> Found | None:
    """The image "HOST/NAME@DIGEST" or "HOST/NAME:TAG" of an account in a region; None if it is not in its ECR."""
    records = _records(context)
    host, _, rest = uri.partition("/")
    path, reference = _split(rest)
    with records.lock:
        repository = next((each for each in records if _is(each, account, region, path)), None)
        store = records.store if repository else None
        if repository is None or store is None or host != store.host:
            return None
        images = records.images(repository)
        wanted = next((each for each in images.values() if reference in (each.manifest.digest, *each.tags)), None)
        if wanted is None:
            return None
        architecture = str(store.config(path, wanted.manifest).get("architecture", ""))
    pull_name = f"{host}/{path}@{wanted.manifest.digest}"
    return Found(wanted.manifest.media_type, architecture, pull_name, repository.name)


def close() -> None:
    """End the registries that were started; what was pushed is gone with them."""
    while _open:
        name, records = _open.popitem()
        if records.started:
            container.stop(name)


def _told(handler: Handler) -> Handler:
    """`handler`, with an error of ECR where the registry is gone or answers nonsense."""
    import httpx

    def handle(call: Call) -> Mapping[str, Any]:
        try:
            return handler(call)
        except (httpx.HTTPError, RegistryRefused) as error:
            # Not a status of 500, which clients would try again and again.
            raise Fault("ServerException", f"The registry of this sandbox does not answer: {error}") from error

    return handle


def _records(context: Context) -> Records:
    def start() -> Store | None:
        return container.start(context) if context.engine == "docker" else None

    return _open.setdefault(context.id, Records(start))


def _split(rest: str) -> tuple[str, str]:
    """Path and reference; "latest" if none is given, as Docker has it."""
    path, at, digest = rest.partition("@")
    if at:
        return path, digest
    path, _, tag = rest.partition(":")
    return path, tag or "latest"


def _is(repository: Repository, account: str, region: str, path: str) -> bool:
    return (repository.account, repository.region, repository.path) == (account, region, path)
