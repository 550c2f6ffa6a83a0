"""Where every request to the sandbox comes in: understood, held to AWS's rules, handed on, and written down.

A request goes to the handler that is registered for its operation, else to moto. The door itself knows no service.
"""

from __future__ import annotations

import io
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.credentials import Credentials
from moto.core.request import Request
from werkzeug.wrappers import Response

from sentiment_cli.sandbox import callers, constraints, naming, reading, rights, signing, writing
from sentiment_cli.sandbox.access_log import AccessLog
from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.cbor import TRANSLATED
from sentiment_cli.sandbox.desk import ROOT, Desk
from sentiment_cli.sandbox.faults import Dropped, Faults
from sentiment_cli.sandbox.inventory import INTERNAL
from sentiment_cli.sandbox.reading import Asked

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]
GATEWAY = "/_aws/execute-api/"
logger = logging.getLogger(__name__)


class Door:
    """The WSGI application."""

    def __init__(
        self,
        sandbox: str,
        handlers: Mapping[tuple[str, str], Handler],
        others: WSGI,
        log: AccessLog,
        about: Callable[[], dict[str, Any]],
    ) -> None:
        self._id = sandbox
        self._handlers = handlers
        self._others = others
        self._log = log
        self.faults = Faults()
        self._desk = Desk(sandbox, about, self.faults)
        self.owner: Credentials | None = None
        """The key of the account's owner."""
        self.gateway: WSGI | None = None
        """Answers for the APIs that were deployed."""
        self.checks: dict[str, Callable[[Call], None]] = {}
        """What is asked, by service, before moto is: they raise a Fault where moto would not."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(GATEWAY) and self.gateway is not None:
            return self.gateway(environ, start_response)
        if path == ROOT or path.startswith(f"{ROOT}/"):
            return self._desk.answer(Request(environ))(environ, start_response)
        try:
            response = self._answer(environ)
        except Dropped:
            _drop(environ)
            raise
        return response(environ, start_response)

    def _answer(self, environ: dict[str, Any]) -> Response:
        began = time.monotonic()
        request = Request(environ)
        body = _whole(environ, request)
        asked = reading.read(request)
        params: dict[str, Any] = {}
        account, valid, lost = "", True, None
        own = request.headers.get(INTERNAL) == self._id
        try:
            account = callers.account(asked)
            if not own and TRANSLATED not in environ:
                signing.check(request, body, asked, self.owner)
            params = reading.parameters(request, asked, body)
            if not own:
                lost = self.faults.meet(asked, naming.action(asked, request.method, params), account)
            response = self._ask(environ, request, asked, params, account)
        except Fault as refusal:
            valid = not isinstance(refusal, constraints.Broken)
            response = writing.fault(asked, refusal)
        except Dropped:
            raise
        except Exception as error:
            response = writing.fault(asked, _defect(asked, error))
        if not own:
            self._write(request, asked, params, account, response, time.monotonic() - began, valid)
        if lost is not None:
            time.sleep(lost.seconds)
            raise Dropped
        return response

    def _ask(
        self, environ: dict[str, Any], request: Request, asked: Asked, params: dict[str, Any], account: str
    ) -> Response:
        if asked.operation is None:
            raise Fault("UnknownOperationException", f"{asked.service or 'AWS'} knows no such operation.")
        rights.check(asked, request.method, request.path, params, account)
        constraints.check(asked.service, asked.operation.input_shape, params)
        handler = self._handlers.get((asked.service, asked.name))
        call = Call(asked.service, asked.name, params, account, asked.region, dict(request.headers))
        if handler is not None:
            return writing.result(asked, handler(call))
        if check := self.checks.get(asked.service):
            check(call)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        response = Response.from_app(self._others, environ)
        page = response.status_code >= 400 and response.mimetype == "text/html" and request.method != "HEAD"
        if page:  # and not an error of AWS; an answer to HEAD has no body to be one
            raise NotImplementedError
        return response

    def _write(
        self,
        request: Request,
        asked: Asked,
        params: Mapping[str, Any],
        account: str,
        response: Response,
        took: float,
        valid: bool,
    ) -> None:
        error = writing.error_code(response)
        self._log.write(
            service=asked.service,
            operation=asked.name,
            resource=naming.resource(asked, params),
            action=naming.action(asked, request.method, params),
            implied=naming.implied(asked, params),
            rights=rights.listed(asked, request.method, request.path, params, account),
            status=response.status_code,
            account=account,
            region=asked.region,
            mutating=naming.mutating(asked.name),
            valid=valid,
            milliseconds=round(took * 1000),
            **({"error": error} if error else {}),
        )


def _drop(environ: Mapping[str, Any]) -> None:
    """Break the connection of a request, as far as the server tells which it is."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)


def _whole(environ: dict[str, Any], request: Request) -> bytes:
    """The body, read whole; whoever comes next may read it again."""
    body = request.get_data(cache=True)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


def _defect(asked: Asked, error: Exception) -> Fault:
    what = f"{asked.service}:{asked.name}"
    if isinstance(error, NotImplementedError):
        return Fault("NotImplemented", f"The sandbox does not offer {what}.", 501)
    logger.exception("%s failed", what)
    return Fault("InternalFailure", f"The sandbox failed at {what}: {type(error).__name__}: {error}", 500)
