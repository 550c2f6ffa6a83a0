"""Starts a local server: opens the artifact, decides on the engine, and hands over a `Running`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_cli.clients.docker_troubles import DockerUnavailable
from sentiment_cli.errors import InputError
from sentiment_cli.events import Emit, Note, ignore
from sentiment_cli.image import recipe
from sentiment_cli.image.building import BuildFailed, build
from sentiment_cli.local_server import record
from sentiment_cli.local_server.container import ContainerHost
from sentiment_cli.local_server.process import ProcessHost
from sentiment_cli.local_server.record import Record
from sentiment_cli.local_server.running import Host, Running
from sentiment_cli.local_server.steps import Steps
from sentiment_cli.local_server.stopping import refuse_second

if TYPE_CHECKING:
    from sentiment_cli.clients.docker import Engine

NO_DOCKER_NEEDED = "Or serve without Docker: `--engine process`."


def start(
    engine: str,
    artifact: Path,
    port: int = 8080,
    workers: int | None = None,
    emit: Emit = ignore,
    *,
    project_dir: Path = Path(),
    detach: bool = False,
) -> Running:
    """Start serving `artifact` (model.tar.gz) on `port` of the loopback address; 0 is any free port.

    `engine` is "docker", "process", or "auto": Docker if an engine answers and the image can be had, else a process.
    The server is not ready before `wait_ready()` returns. Raises SentimentError: no or broken artifact, one that runs
    already, a port in use, no Docker where that was asked for.
    """
    refuse_second(project_dir)
    try:
        return _start(_Job(artifact, port, workers, emit, project_dir.resolve(), detach), engine)
    except BaseException:
        record.forget(project_dir)
        raise


def _start(job: _Job, engine: str) -> Running:
    manifest = job.open()
    found = _engine(engine, job.emit)
    if found is not None:
        try:
            return job.in_container(found, manifest)
        except BuildFailed as error:
            if engine != "auto":
                raise
            job.emit(Note(f"{error.what} {error.why}\nServing without Docker instead.", "warning"))
    return job.as_process(manifest)


@dataclass(frozen=True)
class _Job:
    """What was asked for."""

    artifact: Path
    port: int
    workers: int | None
    emit: Emit
    project_dir: Path
    detach: bool

    @property
    def folder(self) -> Path:
        return record.folder(self.project_dir)

    def open(self) -> Mapping[str, Any]:
        """Unpack and verify the artifact; its manifest."""
        from server_image.artifact import ArtifactError, unpack, verify

        if not self.artifact.is_file():
            raise InputError(
                f"There is no model at {self.artifact}.", "Nothing was trained here yet.",
                "Run `sentiment-cli train`, or name an artifact with --artifact.", code="no-artifact",
            )  # fmt: skip
        model = self.folder / "model"
        shutil.rmtree(model, ignore_errors=True)
        try:
            unpack(self.artifact, model)
            return verify(model)
        except (ArtifactError, OSError) as error:
            raise InputError(
                f"{self.artifact} cannot be served.", str(error),
                "Run `sentiment-cli train` to write it again.", code="artifact-unusable",
            ) from error  # fmt: skip

    def in_container(self, engine: Engine, manifest: Mapping[str, Any]) -> Running:
        """Raises BuildFailed where the image cannot be made."""
        steps = Steps(self.emit, 3)
        with steps.step("Inference image", "a minute the first time") as result:
            wanted = recipe(manifest)
            image = build(engine, wanted, self.emit)
            result.append(f"{wanted.name}, {image.size / 1e6:.0f} MB")
        host = ContainerHost.start(engine, wanted.name, self.artifact, self.port, self.workers, self.project_dir)
        made = Record("docker", container=host.container, volume=host.volume, image=wanted.name)
        return self._recorded(host, made, manifest, steps)

    def as_process(self, manifest: Mapping[str, Any]) -> Running:
        host = ProcessHost.start(self.folder / "model", self.folder / "server.log", self.port, self.workers)
        made = Record("process", pid=host.pid, identity=host.identity)
        return self._recorded(host, made, manifest, Steps(self.emit, 2))

    def _recorded(self, host: Host, made: Record, manifest: Mapping[str, Any], steps: Steps) -> Running:
        try:
            record.save(self.project_dir, made)
        except BaseException:
            host.stop()
            raise
        golden = manifest.get("golden") or []
        return Running(host, made, self.project_dir, golden, steps, detach=self.detach)


def _engine(wanted: str, emit: Emit) -> Engine | None:
    """The Docker engine to use; None for a process."""
    if wanted == "process":
        return None
    from sentiment_cli.clients.docker import connect

    try:
        found = connect()
    except DockerUnavailable as trouble:
        if wanted == "docker":
            raise DockerUnavailable(
                trouble.kind, trouble.what, trouble.why, f"{trouble.fix} {NO_DOCKER_NEEDED}"
            ) from None
        emit(Note(f"Serving without Docker, as a plain process. {trouble.what} {trouble.fix}"))
        return None
    if wanted == "auto":
        emit(Note(f"Serving with {found.name}, as SageMaker will; `--engine process` does without."))
    return found
