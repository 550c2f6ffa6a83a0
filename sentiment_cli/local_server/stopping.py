"""Finds what is on record as serving a project, and stops it; the record of something that ended is dropped."""

from __future__ import annotations

from pathlib import Path

from sentiment_cli.clients.docker_troubles import DockerUnavailable
from sentiment_cli.errors import SentimentError
from sentiment_cli.local_server import record
from sentiment_cli.local_server.container import ContainerHost
from sentiment_cli.local_server.process import ProcessHost
from sentiment_cli.local_server.record import Record
from sentiment_cli.local_server.running import Host

DEFAULT_URL = "http://127.0.0.1:8080"


def serving_url(project_dir: Path) -> str:
    """Where this project's local server answers, or would by default; whether it does is not asked."""
    known = record.load(project_dir)
    return known.url if known and known.url else DEFAULT_URL


def stop(project_dir: Path) -> Record | None:
    """Stop the server on record, letting it finish its requests; what it was, or None if nothing was running."""
    known = record.load(project_dir)
    host = _host(project_dir, known) if known else None
    if host is None:
        record.forget(project_dir)
        return None
    running = host.alive()
    host.stop()
    record.forget(project_dir)
    return known if running else None


def refuse_second(project_dir: Path) -> None:
    """Raises SentimentError if this project is being served already."""
    known = record.load(project_dir)
    host = _host(project_dir, known) if known else None
    if known and host and host.alive():
        who = f"process {known.pid}" if known.pid else f"container {known.container[:12]}"
        raise SentimentError(
            "This project is being served already.",
            f"{who.capitalize()} answers at {known.url or 'a port it has not told yet'}.",
            "Use that one, or stop it first: `sentiment-cli serve-local --stop`.",
            code="already-running",
        )
    record.forget(project_dir)


def _host(project_dir: Path, known: Record) -> Host | None:
    """What runs the server of a record; None where that cannot be, because Docker itself is gone."""
    if known.engine == "process":
        return ProcessHost(known.pid, known.identity, record.folder(project_dir) / "server.log")
    from sentiment_cli.clients.docker import connect

    try:
        return ContainerHost(connect(), known.container, known.volume)
    except DockerUnavailable as trouble:
        # Containers end with their engine; one that merely refuses to talk may still run them.
        if trouble.kind in ("missing", "stopped"):
            return None
        raise
