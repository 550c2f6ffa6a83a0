"""The servers of one endpoint under one configuration: started together, healthy together, stopped together."""

from __future__ import annotations

import tarfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Lock
from time import monotonic
from typing import Any

from sentiment_cli.errors import SentimentError
from sentiment_cli.pricing import INSTANCE_TYPES
from sentiment_cli.sandbox.hosting import neighbours
from sentiment_cli.sandbox.hosting.images import Images
from sentiment_cli.sandbox.hosting.instances import Instance
from sentiment_cli.sandbox.hosting.models import container_of, data_url
from sentiment_cli.sandbox.hosting.records import Record, Region, now
from sentiment_cli.sandbox.hosting.servers import CannotStart, Host, Job

START_SECONDS = 60.0  # AWS gives eight minutes where the variant does not say
POLL_SECONDS = 0.1
DRAIN_SECONDS = 60.0  # an invocation takes no longer
GIB = 1024**3


class Unhealthy(Exception):
    """A fleet that did not come up; the message is the endpoint's FailureReason."""


@dataclass
class Variant:
    """One production variant: its settings, its model at the time of starting, and its present size."""

    settings: Mapping[str, Any]
    model: Record
    image: str
    """By digest."""
    weight: float
    count: int | None
    """None for serverless."""
    desired_weight: float
    desired_count: int | None
    started: Any
    instance: Instance | None = None

    @property
    def name(self) -> str:
        return str(self.settings["VariantName"])

    @property
    def memory(self) -> int | None:
        if serverless := self.settings.get("ServerlessConfig"):
            return int(serverless["MemorySizeInMB"]) * 1024**2
        sizes = {each.name: each.memory_gib * GIB for each in INSTANCE_TYPES}
        return sizes.get(self.settings["InstanceType"])


class Fleet:
    """All variants of a configuration. `group` is the log group of the endpoint."""

    def __init__(
        self, host: Host, images: Images, folder: Path, region: Region[Any], group: str, config: Record
    ) -> None:
        self.config = config
        self.variants = [_variant(region, images, each) for each in config.request["ProductionVariants"]]
        self.started = now()
        self._host = host
        self._images = images
        self._folder = folder
        self._region = region
        self._group = group
        self._stopped = Event()
        self._starting = Lock()
        self._idle = Condition()
        self._invocations = 0
        self._archives: list[Path] = []

    def start(self) -> None:
        """Returns when every variant answers /ping. Raises Unhealthy."""
        for variant in self.variants:
            instance = Instance(self._host, self._job(variant), self._logger(variant))
            with self._starting:
                if self._stopped.is_set():
                    raise Unhealthy("The endpoint was deleted.")
                variant.instance = instance
                instance.start()
        for variant in self.variants:
            self._await(variant)

    def begin(self) -> None:
        """An invocation begins, and holds the servers until its `end`."""
        with self._idle:
            self._invocations += 1

    def end(self) -> None:
        with self._idle:
            self._invocations -= 1
            self._idle.notify_all()

    def drain(self) -> None:
        """Returns when no invocation is running. None must begin any more."""
        with self._idle:
            self._idle.wait_for(lambda: not self._invocations, DRAIN_SECONDS)

    def stop(self) -> None:
        """End every server, and keep nothing of the models."""
        with self._starting:
            self._stopped.set()
        for variant in self.variants:
            if variant.instance is not None:
                variant.instance.stop()
        for archive in self._archives:
            archive.unlink(missing_ok=True)

    def resize(self) -> None:
        """What was desired becomes the case."""
        for variant in self.variants:
            variant.weight, variant.count = variant.desired_weight, variant.desired_count

    def _job(self, variant: Variant) -> Job:
        container = container_of(variant.model.request)
        pulled = self._images.find(self._region, container["Image"]).pull_name if self._images.needed else ""
        return Job(
            image=pulled,
            archive=self._archive(data_url(container)),
            environment=container.get("Environment") or {},
            memory=variant.memory,
            serverless="ServerlessConfig" in variant.settings,
        )

    def _archive(self, url: str) -> Path:
        """The model's archive, of which the fleet has its own copy: nobody may change it below a running endpoint."""
        path = self._folder / f"{uuid.uuid4()}.tar.gz"
        self._archives.append(path)
        if not url:
            tarfile.open(path, "w:gz").close()
            return path
        content = neighbours.s3_object(self._region, url)
        if content is None:
            raise Unhealthy(
                f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that '
                "there is an object located at the URL and that the role passed to CreateModel has permissions to "
                "download the object."
            )
        path.write_bytes(content)
        _check_archive(path, url)
        return path

    def _logger(self, variant: Variant) -> Any:
        return lambda instance, line: neighbours.write_log(
            self._region, self._group, f"{variant.name}/{instance}", line
        )

    def _await(self, variant: Variant) -> None:
        seconds = variant.settings.get("ContainerStartupHealthCheckTimeoutInSeconds", START_SECONDS)
        deadline = monotonic() + seconds
        instance = variant.instance
        if instance is None:
            return
        while not instance.is_healthy():
            if instance.trouble is not None:
                raise Unhealthy(_cannot_start(variant, instance.trouble))
            if instance.given_up.is_set() or monotonic() > deadline:
                raise Unhealthy(
                    f"The primary container for production variant {variant.name} did not pass the ping health check. "
                    "Please check CloudWatch logs for this endpoint."
                )
            if self._stopped.wait(POLL_SECONDS):
                raise Unhealthy("The endpoint was deleted.")


def _variant(region: Region[Any], images: Images, settings: Mapping[str, Any]) -> Variant:
    model = region.models.find(settings["ModelName"])
    image = images.resolved(region, container_of(model.request)["Image"])
    count, weight = settings.get("InitialInstanceCount"), settings["InitialVariantWeight"]
    return Variant(settings, model, image, weight, count, weight, count, now())


def _check_archive(path: Path, url: str) -> None:
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                tarfile.data_filter(member, "/")
                if not (member.isfile() or member.isdir()):
                    raise tarfile.TarError(member.name)
    except (tarfile.TarError, OSError, EOFError, ValueError):
        raise Unhealthy(
            f'Failed to extract model data archive for container "container_1" from URL "{url}". Please ensure that '
            "the object located at the URL is a valid tar.gz archive."
        ) from None


def _cannot_start(variant: Variant, error: SentimentError) -> str:
    if not isinstance(error, CannotStart):
        return (
            "Request to service failed. If failure persists after retry, contact customer support. "
            f"({error.what} {error.why})"
        )
    return (
        f"CannotStartContainerError. Please ensure the model container for variant {variant.name} starts correctly "
        f"when invoked with 'docker run <image> serve'. ({error.why})"
    )
