"""The repositories of every account and region, and where in the real registry their images are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from sentiment_cli.sandbox.calls import Call
from sentiment_cli.sandbox.registry import faults
from sentiment_cli.sandbox.registry.manifests import Manifest
from sentiment_cli.sandbox.registry.store import Store


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Image:
    """An image as ECR sees it: a manifest, with any number of tags, also none."""

    manifest: Manifest
    tags: tuple[str, ...]
    pushed: datetime


@dataclass
class Repository:
    """A repository."""

    name: str
    account: str
    region: str
    partition: str
    path: str
    """Its name in the real registry."""
    mutability: str
    tags: dict[str, str]
    lifecycle: str | None = None
    created: datetime = field(default_factory=now)
    seen: dict[str, tuple[Manifest, datetime]] = field(default_factory=dict)
    """By digest, with the time: the registry lists no manifest without a tag, and no times."""
    fixed: dict[str, str] = field(default_factory=dict)
    """Digest of every tag, as it was when it was seen last."""

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:ecr:{self.region}:{self.account}:repository/{self.name}"


class Records:
    """Everything there is. Hold `lock` from the first read to the last write."""

    def __init__(self, open_store: Callable[[], Store | None]) -> None:
        self.lock = RLock()
        self._open_store = open_store
        self._store: Store | None = None
        self._known: dict[tuple[str, str, str], Repository] = {}

    def __iter__(self) -> Iterator[Repository]:
        return iter(list(self._known.values()))

    @property
    def started(self) -> bool:
        return self._store is not None

    @property
    def store(self) -> Store | None:
        """The real registry, started if it is not; None where there is no engine for one."""
        with self.lock:
            self._store = self._store or self._open_store()
            return self._store

    def find(self, call: Call, name: str) -> Repository:
        account = call.params.get("registryId", call.account)
        found = self._known.get((account, call.region, name))
        if found is None:
            raise faults.no_repository(name, account)
        return found

    def by_arn(self, arn: str) -> Repository | None:
        return next((each for each in self if each.arn == arn), None)

    def of(self, call: Call) -> list[Repository]:
        account = call.params.get("registryId", call.account)
        return [each for each in self if (each.account, each.region) == (account, call.region)]

    def add(self, call: Call, partition: str, tags: Mapping[str, str]) -> Repository:
        name, key = call.params["repositoryName"], (call.account, call.region, call.params["repositoryName"])
        if key in self._known:
            raise faults.repository_exists(name, call.account)
        # The real registry has one name space: who comes second to a name gets a path that nobody else can have.
        taken = any(each.path == name for each in self)
        path = f"{call.account}/{call.region}/{name}" if taken else name
        mutability = call.params.get("imageTagMutability", "MUTABLE")
        made = Repository(name, call.account, call.region, partition, path, mutability, dict(tags))
        self._known[key] = made
        return made

    def remove(self, repository: Repository) -> None:
        store = self._store
        for digest in self.images(repository):
            if store is not None:
                store.delete(repository.path, digest)
        del self._known[repository.account, repository.region, repository.name]

    def images(self, repository: Repository) -> dict[str, Image]:
        """What the real registry has now, by digest.

        An immutable tag that a `docker push` moved is moved back: the real registry allows what ECR refuses.
        """
        store = self.store
        if store is None:
            return {}
        tags: dict[str, list[str]] = {}
        for tag in store.tags(repository.path):
            if manifest := self._tagged(store, repository, tag):
                self._note(store, repository, manifest)
                repository.fixed[tag] = manifest.digest
                tags.setdefault(manifest.digest, []).append(tag)
        for tag in set(repository.fixed) - {tag for each in tags.values() for tag in each}:
            del repository.fixed[tag]
        return {
            digest: Image(manifest, tuple(tags.get(digest, ())), pushed)
            for digest, (manifest, pushed) in repository.seen.items()
        }

    def _tagged(self, store: Store, repository: Repository, tag: str) -> Manifest | None:
        manifest, before = store.manifest(repository.path, tag), repository.fixed.get(tag)
        if manifest and before and before != manifest.digest and repository.mutability.startswith("IMMUTABLE"):
            self._note(store, repository, manifest)
            manifest = repository.seen[before][0]
            store.put(repository.path, tag, manifest)
        return manifest

    def _note(self, store: Store, repository: Repository, manifest: Manifest) -> None:
        if manifest.digest in repository.seen:
            return
        repository.seen[manifest.digest] = (manifest, now())
        for digest in manifest.children:
            if child := store.manifest(repository.path, digest):
                self._note(store, repository, child)

    def note(self, repository: Repository, manifest: Manifest) -> None:
        """A manifest was stored that may have no tag."""
        if store := self.store:
            self._note(store, repository, manifest)

    def host(self, default: str) -> str:
        store = self.store
        return store.host if store else default


def page(key: str, found: list[Any], params: Mapping[str, Any], most: int = 100) -> dict[str, Any]:
    """One page of `found` under `key`, and the token of the next if there is one."""
    token = params.get("nextToken", "0")
    if not token.isdecimal():
        raise faults.invalid("nextToken", "Invalid token")
    end = int(token) + params.get("maxResults", most)
    return {key: found[int(token) : end], **({"nextToken": str(end)} if end < len(found) else {})}
