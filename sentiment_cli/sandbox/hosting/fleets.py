"""The servers of one endpoint under one configuration: started together, healthy together, stopped together."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Event, Lock
from time import monotonic
from typing import Any

from sentiment_cli.errors import SentimentError
from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.faults import Faults, Rule
from sentiment_cli.sandbox.hosting import archives, execution
from sentiment_cli.sandbox.hosting.images import Images
from sentiment_cli.sandbox.hosting.instances import Instance
from sentiment_cli.sandbox.hosting.models import data_url
from sentiment_cli.sandbox.hosting.records import Record, Region, now
from sentiment_cli.sandbox.hosting.servers import CannotStart, Host, Job
from sentiment_cli.sandbox.hosting.variants import Variant

START_SECONDS = 60.0  # AWS gives eight minutes where the variant does not say
POLL_SECONDS = 0.1
DRAIN_SECONDS = 60.0  # an invocation takes no longer
_TROUBLES = {
    "unhealthy": "The primary container for production variant {} did not pass the ping health check. Please check "
    "CloudWatch logs for this endpoint.",
    "no-capacity": "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time.",
}


class Unhealthy(Exception):
    """A fleet that did not come up; the message is the endpoint's FailureReason."""


class Fleet:
    """All variants of a configuration. `group` is the log group of the endpoint."""

    def __init__(
        self,
        host: Host,
        images: Images,
        folder: Path,
        region: Region[Any],
        group: str,
        config: Record,
        faults: Faults,
    ) -> None:
        self.config = config
        self.variants = [Variant.of(region, images, each) for each in config.request["ProductionVariants"]]
        self.started = now()
        self._host = host
        self._images = images
        self._folder = folder
        self._region = region
        self._group = group
        self._faults = faults
        self._archives: list[Path] = []
        self._starting = Lock()
        self._stopped = Event()
        self._idle = Condition()
        self._invocations = 0

    def start(self, operation: str) -> None:
        """Returns when every variant answers /ping. Raises Unhealthy. `operation` is what wants it."""
        self._meet(self._faults.start(f"sagemaker:{operation}"))
        try:
            for variant in self.variants:
                self._start(variant)
            for variant in self.variants:
                self._await(variant)
        except archives.Unusable as error:
            raise Unhealthy(str(error)) from error
        except Unhealthy:
            raise
        except (Fault, SentimentError, OSError) as error:
            raise Unhealthy(_failed(str(error))) from error
        except Exception as error:
            # A defect of ours: nobody would ever hear of it, and whoever waits for the endpoint would wait for hours.
            traceback.print_exc()
            raise Unhealthy(_failed(f"the sandbox failed with {type(error).__name__}: see sandbox.log")) from error

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

    def _meet(self, trouble: Rule | None) -> None:
        if trouble is not None:
            self._stopped.wait(trouble.seconds)
            if trouble.kind in _TROUBLES:
                raise Unhealthy(_TROUBLES[trouble.kind].format(self.variants[0].name))

    def _start(self, variant: Variant) -> None:
        self._images.check_pulling(self._region, variant.role, variant.container["Image"])
        archive = archives.copy(self._region, variant.role, data_url(variant.container), self._folder)
        self._archives.append(archive)
        job = Job(
            image=variant.image,
            archive=archive,
            environment=variant.container.get("Environment") or {},
            memory=variant.memory,
            serverless=variant.count is None,
        )
        instance = Instance(self._host, job, self._logger(variant))
        with self._starting:
            if self._stopped.is_set():
                raise Unhealthy("The endpoint was deleted.")
            variant.instance = instance
            instance.start()

    def _logger(self, variant: Variant) -> Callable[[str, str], None]:
        return lambda instance, line: execution.write_log(
            self._region, variant.role, self._group, f"{variant.name}/{instance}", line
        )

    def _await(self, variant: Variant) -> None:
        seconds = variant.settings.get("ContainerStartupHealthCheckTimeoutInSeconds", START_SECONDS)
        deadline = monotonic() + seconds
        while (instance := variant.instance) and not instance.is_healthy():
            if instance.trouble is not None:
                raise Unhealthy(_not_started(variant, instance.trouble))
            if instance.given_up.is_set() or monotonic() > deadline:
                raise Unhealthy(_TROUBLES["unhealthy"].format(variant.name))
            if self._stopped.wait(POLL_SECONDS):
                raise Unhealthy("The endpoint was deleted.")


def _not_started(variant: Variant, error: SentimentError) -> str:
    if not isinstance(error, CannotStart):
        return _failed(f"{error.what} {error.why}")
    return (
        f"CannotStartContainerError. Please ensure the model container for variant {variant.name} starts correctly "
        f"when invoked with 'docker run <image> serve'. ({error.why})"
    )


def _failed(why: str) -> str:
    return f"Request to service failed. If failure persists after retry, contact customer support. ({why})"
