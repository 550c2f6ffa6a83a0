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
from pathlib import Path
from typing import Literal

from sentiment_cli.processes import identity
from sentiment_cli.sandbox import leftovers, record, watcher
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.record import Record

LOOK_SECONDS = 2.0
POLL_SECONDS = 0.1  # until a server notices that it is to stop


def serve(folder: Path, engine: str) -> None:
    """Serve until SIGTERM; the record in `folder` tells when and where."""
    from sentiment_cli.sandbox import opening

    warnings.simplefilter("ignore")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    mark = os.environ.setdefault(leftovers.MARK, uuid.uuid4().hex[:12])
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    chosen = _engine(engine)
    watcher.keep(mark, docker=chosen == "docker")
    server, secret = opening.listen(), secrets.token_urlsafe(30)
    url = f"http://{opening.LOOPBACK}:{server.server_port}"
    services = opening.furnish(server, Context(folder, url, mark, chosen), secret)
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True, name="door").start()
    pid = os.getpid()
    record.save(folder, Record(mark, url, pid, identity(pid), chosen, secret, time.time()))
    _wait(folder, mark, stopping)
    server.shutdown()
    services.close()


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


def _wait(folder: Path, mark: str, stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_SECONDS):
        known = record.load(folder)
        if known is None or known.id != mark:
            return
