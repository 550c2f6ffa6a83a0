"""A model and settings become a running server: the port, the application, the processes."""

from __future__ import annotations

import errno
import os
import resource
import socket
from contextlib import suppress

from server_image import memory
from server_image.acceptor import Acceptor
from server_image.app import check, create_app
from server_image.connections import Server
from server_image.logs import log
from server_image.metrics import Metrics
from server_image.model import Model
from server_image.processes import report_ready
from server_image.settings import Settings
from server_image.workers import CannotStart, Supervisor

__all__ = ["CannotStart", "bind", "serve"]
_HUNG_GRACE_SECONDS = 10.0


def serve(model: Model, settings: Settings, listener: socket.socket) -> None:
    """Serve `model` on `listener` until told to stop. Raises CannotStart, at once if the model cannot score."""
    if reason := check(model):
        raise CannotStart(f"The model in {settings.model_dir} cannot serve: {reason}.")
    metrics = Metrics(settings.workers)
    host, port = listener.getsockname()[:2]
    application = create_app(
        model,
        playground=settings.playground,
        limits=settings.limits,
        metrics=metrics,
        workers=settings.workers,
    )

    def work(feed: socket.socket) -> None:
        quick = getattr(model, "quick", 0)
        server = Server(application, feed, (host, port), settings, metrics, quick=quick)
        if reason := check(model):
            raise RuntimeError(reason)
        report_ready(feed)
        server.run()

    def tell() -> None:
        labels = {"labels": list(model.labels)}
        log("info", "ready", host=host, port=port, workers=settings.workers, model=labels)

    _raise_descriptor_limit()
    memory.settle()
    hung_after = settings.limits.seconds + _HUNG_GRACE_SECONDS
    supervisor = Supervisor(work, Acceptor(listener), settings.workers, metrics, hung_after)
    try:
        supervisor.run(tell)
    except OSError as error:
        raise CannotStart(_why_no_port(error, settings)) from None


def bind(settings: Settings) -> socket.socket:
    """A socket that has the address and does not listen yet. Raises CannotStart."""
    try:
        [(family, kind, protocol, _name, address), *_] = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":  # so that a restart need not wait for the old connections to time out
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, UnicodeError) as error:
        raise CannotStart(_why_no_port(error, settings)) from None
    return listener


def _raise_descriptor_limit() -> None:
    """Each connection takes a descriptor, and macOS grants 256 to begin with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _why_no_port(error: Exception, settings: Settings) -> str:
    place = f"port {settings.port} on {settings.host}"
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"{place.capitalize()} is in use: stop what listens there, or set SAGEMAKER_BIND_TO_PORT to another."
    if number in (errno.EACCES, errno.EPERM):
        return f"This user may not listen on {place}: set SAGEMAKER_BIND_TO_PORT to one from 1024 on."
    if isinstance(error, socket.gaierror | UnicodeError) or number == errno.EADDRNOTAVAIL:
        return f"MODEL_SERVER_HOST is {settings.host[:60]!r}, which is no address of this machine."
    return f"Cannot listen on {place}: {error}."
