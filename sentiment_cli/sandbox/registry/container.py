"""The container in which the registry runs: started when it is first needed, on loopback, labelled with its sandbox."""

from __future__ import annotations

import time
from contextlib import suppress

from sentiment_cli.errors import SentimentError
from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.registry.store import Store

IMAGE = "registry:2"
PORT = 5000
FOLDER = "/var/lib/registry"
LABEL = "sentiment-cli.sandbox.registry"
READY_SECONDS = 30.0
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
    if engine.image(IMAGE) is None:
        engine.pull(IMAGE)
    labels = {LABEL: context.id, **dict([context.label])}
    container = engine.service(IMAGE, port=PORT, data=FOLDER, environment=SETTINGS, labels=labels)
    ends = time.monotonic() + READY_SECONDS
    while (state := engine.state(container)) and state.running and time.monotonic() < ends:
        if state.host_port and (store := Store(f"127.0.0.1:{state.host_port}")).is_up():
            return store
        time.sleep(0.05)
    said = "\n".join(engine.logs(container)[-5:])
    raise SentimentError("The sandbox's image registry did not start.", said, "Run `docker info`.", code="no-registry")
