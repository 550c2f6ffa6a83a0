"""Runs a sandbox in this process, on a free port of the loopback address, until it is told to stop.

It also stops when its record is gone or is another's: a project that was deleted leaves nothing running.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from sentiment_cli.local_server.processes import identity
from sentiment_cli.sandbox import leftovers, record, watcher
from sentiment_cli.sandbox.access_log import NAME, AccessLog
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.record import Record
from sentiment_cli.sandbox.running import ACCOUNT

LOOPBACK = "127.0.0.1"
LOOK_SECONDS = 2.0


def serve(folder: Path, engine: str) -> None:
    """Serve until SIGTERM; the record in `folder` tells when and where."""
    warnings.simplefilter("ignore")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    mark = os.environ.setdefault(leftovers.MARK, uuid.uuid4().hex[:12])
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    chosen = _engine(engine)
    watcher.keep(mark, docker=chosen == "docker")
    server, close = _open(folder, mark, chosen)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True, name="door").start()
    _wait(folder, mark, stopping)
    server.shutdown()
    close()


def _engine(wanted: str) -> Literal["docker", "process"]:
    """The engine to run containers with: Docker where one answers, unless processes are wanted."""
    if wanted == "process":
        return "process"
    from sentiment_cli.clients.docker import connect
    from sentiment_cli.errors import SentimentError

    try:
        connect()
    except SentimentError:
        if wanted == "docker":
            raise
        return "process"
    return "docker"


def _open(folder: Path, mark: str, engine: Literal["docker", "process"]) -> tuple[Any, Callable[[], None]]:
    from botocore.credentials import Credentials
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from sentiment_cli.sandbox.callers import access_key
    from sentiment_cli.sandbox.cbor import Interpreter
    from sentiment_cli.sandbox.door import Door
    from sentiment_cli.sandbox.inventory import Inventory
    from sentiment_cli.sandbox.services import Services

    class Quiet(MotoRequestHandler):
        def log_request(self, *_: Any) -> None:
            """The access log tells more."""

    server = make_server(LOOPBACK, 0, lambda *_: [], threaded=True, request_handler=Quiet)
    url = f"http://{LOOPBACK}:{server.server_port}"
    context = Context(folder, url, mark, engine)
    services = Services(context)
    log = AccessLog(folder / NAME)
    began = time.time()

    def about() -> dict[str, Any]:
        found = (Inventory(context, ACCOUNT, region).all() for region in sorted(log.regions))
        kinds = Counter(each.kind for listed in found for each in listed)
        return {"requests": dict(log.counts), "resources": dict(kinds)}

    door = Door(mark, services.handlers, DomainDispatcherApplication(create_backend_app), log, about)
    door.gateway, door.checks = services.gateway, services.checks
    services.meet(door.faults)
    server.app = Interpreter(door)
    pid, secret = os.getpid(), secrets.token_urlsafe(30)
    door.owner = Credentials(access_key(ACCOUNT), secret)
    record.save(folder, Record(mark, url, pid, identity(pid), engine, secret, began))
    return server, services.close


def _wait(folder: Path, mark: str, stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_SECONDS):
        known = record.load(folder)
        if known is None or known.id != mark:
            return
