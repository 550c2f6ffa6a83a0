"""What images, containers and the registry need of a Docker engine; every failure leaves it as a SentimentError.

It decides nothing about what is built, pushed or run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from docker.credentials.errors import StoreError
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from urllib3.exceptions import HTTPError

from sentiment_cli.clients import docker_troubles
from sentiment_cli.clients.docker_addresses import Address
from sentiment_cli.clients.docker_values import ContainerSpec, Image, State, Usage
from sentiment_cli.errors import SentimentError

LOG_LINES = 400


class Engine:
    """A Docker engine that answers."""

    def __init__(self, api: Any, address: Address, version: Mapping[str, Any]) -> None:
        self._api = api
        self.address = address
        self.version = str(version["Version"])

    @property
    def name(self) -> str:
        """Version and address, in words."""
        return f"Docker {self.version} at {self.address.url}"

    def image(self, name: str) -> Image | None:
        """What the engine knows of an image; None if it has none of that name."""
        with _translated("look for an image"):
            try:
                found = self._api.inspect_image(name)
            except ImageNotFound:
                return None
        labels = found["Config"].get("Labels") or {}
        return Image(found["Id"], found["Architecture"], found["Size"], labels)

    def pull(self, name: str) -> None:
        """Have the image "repository@sha256:digest" or "repository:tag", from its registry."""
        repository, _, digest = name.partition("@")
        with _translated("pull the image"):
            self._api.pull(repository if digest else name, tag=digest or None)

    def tag(self, image: str, repository: str, tag: str) -> None:
        """Give an image one more name."""
        with _translated("name the image"):
            self._api.tag(image, repository, tag, force=True)

    def untag(self, name: str) -> None:
        """Take a name from an image that has others; no error if it is gone."""
        with _translated("forget a name of the image"), suppress(ImageNotFound):
            self._api.remove_image(name, noprune=True)

    def push(self, repository: str, tag: str, *, user: str, password: str) -> Iterator[dict[str, Any]]:
        """Push "repository:tag"; yields the engine's messages as they come: status, progress, error, aux.

        The login is for this push alone: Docker's own settings are not touched.
        """
        login = {"username": user, "password": password}
        with _translated("push the image"):
            yield from self._api.push(repository, tag, stream=True, decode=True, auth_config=login)

    def service(
        self, image: str, *, port: int, data: str, environment: Mapping[str, str], labels: Mapping[str, str]
    ) -> str:
        """Start a container with a volume at `data`, its `port` on loopback at any free one; its id."""
        with _translated("start the container"), self._new_volume(labels) as volume:
            config = self._api.create_host_config(
                binds=[f"{volume}:{data}"], port_bindings={port: ("127.0.0.1",)}, cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
            )  # fmt: skip
            made = self._api.create_container(
                image, environment=dict(environment), labels=dict(labels), ports=[port], host_config=config,
                use_config_proxy=False,
            )  # fmt: skip
            with _taken_back(lambda: self._api.remove_container(made["Id"], force=True)):
                self._api.start(made["Id"])
        return str(made["Id"])

    def build(
        self, context: bytes, *, name: str, target: str, platform: str, arguments: Mapping[str, str], host_network: bool
    ) -> Iterator[dict[str, Any]]:
        """Build the tar `context`; yields the engine's messages as they come: stream, status, error, aux."""
        with _translated("build the image"):
            yield from self._api.build(
                fileobj=context, custom_context=True, tag=name, target=target, platform=platform,
                buildargs=dict(arguments), network_mode="host" if host_network else None,
                rm=True, forcerm=True, use_config_proxy=True, decode=True,
            )  # fmt: skip

    def volume_with(self, archive: Path, *, image: str, mount: str, labels: Mapping[str, str]) -> str:
        """Name of a new volume with the files of `archive` (tar or tar.gz).

        A volume, not a mount of a folder: it works the same with an engine on another machine or in a virtual one.
        """
        with _translated("take the model"), self._new_volume(labels) as volume:
            # An archive is unpacked through a container that has the volume; it is never started.
            config = self._api.create_host_config(binds=[f"{volume}:{mount}"])
            carrier = self._api.create_container(image, ["true"], host_config=config, labels=dict(labels))["Id"]
            try:
                with archive.open("rb") as content:
                    self._api.put_archive(carrier, mount, content)
            finally:
                self._api.remove_container(carrier, force=True)
        return volume

    @contextmanager
    def _new_volume(self, labels: Mapping[str, str]) -> Iterator[str]:
        """Name of a new volume, which goes again if what it is for fails."""
        volume = str(self._api.create_volume(labels=dict(labels))["Name"])
        with _taken_back(lambda: self._api.remove_volume(volume, force=True)):
            yield volume

    def create(self, spec: ContainerSpec) -> str:
        """Make a container, by default one that may do nothing but compute and answer; its id. It is not started."""
        with _translated("make the container"):
            denied = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
            config = self._api.create_host_config(
                binds=[f"{spec.volume}:{spec.mount}:ro"],
                port_bindings={spec.port: spec.publish if spec.publish[1] else (spec.publish[0],)},
                tmpfs=dict(spec.scratch), mem_limit=spec.memory, memswap_limit=spec.memory, init=False,
                **(denied if spec.confined else {}),
            )  # fmt: skip
            made = self._api.create_container(
                spec.image, list(spec.command), user=spec.user, environment=dict(spec.environment),
                labels=dict(spec.labels), ports=[spec.port], host_config=config, use_config_proxy=False,
            )  # fmt: skip
        return str(made["Id"])

    def start(self, container: str) -> None:
        """Start a container that was created."""
        with _translated("start the container"):
            self._api.start(container)

    def state(self, container: str) -> State | None:
        """How a container is; None if there is none of that id."""
        with _translated("look at the container"):
            try:
                found = self._api.inspect_container(container)
            except NotFound:
                return None
        return State.of(found)

    def logs(self, container: str) -> list[str]:
        """The last LOG_LINES lines that a container wrote; none if it is gone."""
        written: bytes = b""
        with _translated("read the container's log"), _none_if_gone():
            written = self._api.logs(container, stdout=True, stderr=True, tail=LOG_LINES)
        return written.decode(errors="replace").splitlines()

    def follow(self, container: str) -> Iterator[str]:
        """Every line that a container writes, until it stops; none if it is gone."""
        rest = b""
        with _translated("read the container's log"), _none_if_gone():
            for part in self._api.logs(container, stdout=True, stderr=True, stream=True, follow=True):
                *lines, rest = (rest + part).split(b"\n")
                yield from (line.decode(errors="replace").rstrip("\r") for line in lines)
        if rest:
            yield rest.decode(errors="replace")

    def usage(self, container: str) -> Iterator[Usage]:
        """CPU and memory of a container, about once a second, until it stops."""
        with _translated("measure the container"):
            for sample in self._api.stats(container, decode=True):
                if not sample.get("memory_stats"):
                    return
                yield Usage.of(sample)

    def stop(self, container: str, seconds: int) -> None:
        """Ask a container to end, and end it after `seconds`; no error if there is none."""
        with _translated("stop the container"), _none_if_gone():
            self._api.stop(container, timeout=seconds)

    def remove(self, container: str, volume: str) -> None:
        """Remove a container and its volume; no error if they are gone."""
        with _translated("remove the container"):
            with _none_if_gone():
                self._api.remove_container(container, force=True)
            with _none_if_gone():
                self._api.remove_volume(volume, force=True)

    def remove_labelled(self, label: str) -> list[str]:
        """Remove every container and volume with the label "name=value"; ids of the containers.

        Images lose the names they have in a registry that goes with one of the containers.
        """
        with _translated("clean up"):
            containers = self._api.containers(all=True, filters={"label": label})
            found = [str(each["Id"]) for each in containers]
            for container in found:
                with suppress(NotFound):
                    self._api.remove_container(container, force=True)
            ports = {port.get("PublicPort") for each in containers for port in each.get("Ports") or ()}
            self._forget(tuple(f"127.0.0.1:{port}/" for port in ports if port))
            for volume in self._api.volumes(filters={"label": label})["Volumes"] or []:
                with suppress(NotFound):
                    self._api.remove_volume(volume["Name"], force=True)
        return found

    def _forget(self, registries: tuple[str, ...]) -> None:
        for image in self._api.images() if registries else ():
            for name in [*(image["RepoTags"] or ()), *(image["RepoDigests"] or ())]:
                if name.startswith(registries):
                    with suppress(NotFound):
                        self._api.remove_image(name, force=True, noprune=True)


@contextmanager
def _taken_back(remove: Callable[[], object]) -> Iterator[None]:
    """Call `remove` if what is done within fails or is left; its own failure would hide the cause."""
    try:
        yield
    except BaseException:
        with suppress(DockerException, HTTPError, OSError):
            remove()
        raise


@contextmanager
def _none_if_gone() -> Iterator[None]:
    """No error where there is no such container or volume, or somebody else is just removing it.

    The volume is in use as long as the container goes, and whoever removes that takes the volume too.
    """
    try:
        yield
    except NotFound:
        pass
    except APIError as error:
        going = ("marked for removal", "is already in progress", "is dead", "volume is in use")
        if error.status_code != HTTPStatus.CONFLICT or not any(each in str(error.explanation) for each in going):
            raise


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except (DockerException, StoreError, HTTPError, OSError) as error:
        said = str(getattr(error, "explanation", None) or error).strip().rstrip(".")
        known = docker_troubles.cause(said)
        why = f"{known.why} ({said})" if known else f"{said or type(error).__name__}."
        fix = known.fix if known else "Look at `docker info`, restart Docker if it seems stuck, then run again."
        raise SentimentError(
            f"Docker could not {doing}.", why, fix, code=known.code if known else "docker-failed"
        ) from error
