"""Puts a sandbox together: a server on a free port of the loopback address, its services, and the door before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from sentiment_cli.sandbox.access_log import NAME, AccessLog
from sentiment_cli.sandbox.callers import access_key
from sentiment_cli.sandbox.cbor import Interpreter
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.door import Door
from sentiment_cli.sandbox.inventory import Inventory
from sentiment_cli.sandbox.sandbox import ACCOUNT
from sentiment_cli.sandbox.services import Services

LOOPBACK = "127.0.0.1"


class Handler(MotoRequestHandler):
    """Keeps underscores in the names of S3's metadata, as moto likes it, and says nothing."""

    def log_request(self, *_: Any) -> None:
        """The access log tells more."""


def listen() -> BaseWSGIServer:
    """A server that takes connections already, and answers them once it is furnished and runs."""
    return make_server(LOOPBACK, 0, lambda *_: [], threaded=True, request_handler=Handler)


def furnish(server: BaseWSGIServer, context: Context, secret: str) -> Services:
    """Open the services of a sandbox behind `server`; `secret` belongs to the key of the account's owner."""
    services = Services(context)
    log = AccessLog(context.folder / NAME)
    moto = DomainDispatcherApplication(create_backend_app)
    door = Door(context.id, services.handlers, moto, log, _about(context, log))
    door.owner = Credentials(access_key(ACCOUNT), secret)
    door.gateway, door.checks = services.gateway, services.checks
    services.meet(door.faults)
    server.app = Interpreter(door)
    return services


def _about(context: Context, log: AccessLog) -> Callable[[], dict[str, Any]]:
    def about() -> dict[str, Any]:
        """Requests by service, and what there is by kind in every region that anybody ever asked."""
        found = (Inventory(context, ACCOUNT, region).all() for region in sorted(log.regions))
        kinds = Counter(each.kind for listed in found for each in listed)
        return {"requests": dict(log.counts), "resources": dict(kinds)}

    return about
