"""The container in which the registry runs: started when it is first needed, on loopback, labelled with its sandbox."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sentiment_cli.errors import SentimentError
from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.registry.store import Store

if TYPE_CHECKING:
    from sentiment_cli.clients.docker import Engine

IMAGE = "registry:2"
PORT = 5000
FOLDER = "/var/lib/registry"
LABEL = "sentiment-cli.sandbox.registry"
READY_SECONDS = 30.0
FIX = "Or do without Docker: `sentiment-cli sandbox up --engine process`."
SETTINGS = {"REGISTRY_STORAGE_DELETE_ENABLED": "true", "REGISTRY_LOG_LEVEL": "warn", "OTEL_TRACES_EXPORTER": "none"}


def start(context: Context) -> Store:
    """A registry that answers. Raises Fault where there cannot be one."""
    try:
        return _started(context)
    except SentimentError as error:
        # Not a status of 500, which clients would try again and again.
        raise Fault("ServerException", f"{error.what} {error.why} {error.fix}") from error


def stop(context_id: str) -> None:
    """Remove the registry of a sandbox and all that was pushed; no error if there is none, or no engine."""
    from sentiment_cli.clients.docker import connect

    with suppress(SentimentError):
        connect().remove_labelled(f"{LABEL}={context_id}")


def _started(context: Context) -> Store:
    from sentiment_cli.clients.docker import connect

    engine = connect()
    if engine.address.remote_host:
        raise SentimentError(
            "The sandbox cannot keep images.", f"{engine.name} is on another machine, out of reach for its registry.",
            FIX, code="no-registry",
        )  # fmt: skip
    _have_image(engine)
    labels = {LABEL: context.id, **dict([context.label])}
    container = engine.service(IMAGE, port=PORT, data=FOLDER, environment=SETTINGS, labels=labels)
    ends = time.monotonic() + READY_SECONDS
    while (state := engine.state(container)) and state.running and time.monotonic() < ends:
        if state.host_port and (store := Store(f"127.0.0.1:{state.host_port}")).is_up():
            return store
        time.sleep(0.05)
    said = "; ".join(engine.logs(container)[-3:])
    stop(context.id)
    raise SentimentError("The sandbox's image registry did not start.", f"It said: {said}.", FIX, code="no-registry")


def _have_image(engine: Engine) -> None:
    if engine.image(IMAGE) is not None:
        return
    try:
        engine.pull(IMAGE)
    except SentimentError as error:
        raise SentimentError(
            f"The sandbox keeps images with {IMAGE}, which is not there and cannot be pulled.", error.why,
            f"Pull it when there is a network: `docker pull {IMAGE}`. {FIX}", code="no-registry",
        ) from error  # fmt: skip
