"""The gateway as a WSGI application: finds the deployed method, lets the caller in or not, and asks what is behind."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from sentiment_cli.sandbox import record
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.gateway.answers import Answer, Refusal, refuse
from sentiment_cli.sandbox.gateway.deployed import Frozen, Route, freeze
from sentiment_cli.sandbox.gateway.functions import Functions, NoSuchFunction, find, may_be_called
from sentiment_cli.sandbox.gateway.plans import Meter, admit
from sentiment_cli.sandbox.gateway.proxy import Place, Request, answer, event
from sentiment_cli.sandbox.gateway.signatures import permit, verify
from sentiment_cli.sandbox.gateway.workers import FunctionError

PREFIX = "/_aws/execute-api/"
BODY_MAX = 10 * 1024 * 1024
LAMBDA_BODY_MAX = 6 * 1024 * 1024
DRAINED_MAX = 64 * 1024 * 1024
logger = logging.getLogger(__name__)
_LAMBDA = re.compile(r".*/functions/(arn:[^/]+)/invocations")


class Gateway:
    """Answers PREFIX API/STAGE/PATH. `seconds` is how long what is behind may take."""

    def __init__(self, context: Context, seconds: float = 29.0) -> None:
        self.functions = Functions(context)
        self.context = context
        self._seconds = seconds
        self._meter = Meter()
        # More at once than this wait here, as they would in the door.
        self._threads = ThreadPoolExecutor(64, "gateway")

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        made = self.answer(environ)
        made.headers += [("x-amzn-RequestId", str(uuid.uuid4())), ("Content-Length", str(len(made.body)))]
        try:
            phrase = HTTPStatus(made.status).phrase
        except ValueError:
            phrase = "Unknown"
        start(f"{made.status} {phrase}", made.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [made.body]

    def _secret(self) -> str:
        known = record.load(self.context.folder)
        return known.secret if known else ""

    def close(self) -> None:
        """End every process that was started for a request."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.functions.close()

    def answer(self, environ: dict[str, Any]) -> Answer:
        """Whatever happens, an answer."""
        frozen: Frozen | None = None
        try:
            api_id, stage_name, path = _address(environ)
            backend, api, stage = _stage(api_id, stage_name)
            deployment = api.deployments.get(stage.deployment_id)
            frozen = getattr(deployment, "frozen", None) or freeze(api)
            place = Place(backend.account_id, backend.region_name, api_id, stage_name, stage.variables or {})
            return self._routed(backend, stage, place, frozen, _request(environ, path))
        except Refusal as refusal:
            return refuse(refusal, frozen)
        except Exception:
            logger.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return refuse(Refusal("API_CONFIGURATION_ERROR"), frozen)

    def _routed(self, backend: Any, stage: Any, place: Place, frozen: Frozen, request: Request) -> Answer:
        found = frozen.find(request.method, request.path)
        if found is None:
            raise Refusal("MISSING_AUTHENTICATION_TOKEN")  # AWS's way of saying: there is nothing here
        route, values = found
        if route.signed:
            caller = verify(request.method, request.url, request.headers, request.body, self._secret())
            permit(caller, place.account, f"{place.arn}/{request.method}{request.path}")
        key = None
        if route.key_required:
            key = admit(backend, place.api_id, place.stage, request.headers.get("x-api-key"), self._meter)
        self._throttle(stage, place, route)
        kind = route.integration.integration_type
        if kind == "MOCK":
            return _mocked(route)
        if kind != "AWS_PROXY":
            raise Refusal("API_CONFIGURATION_ERROR")
        if len(request.body) > LAMBDA_BODY_MAX:
            raise Refusal("REQUEST_TOO_LARGE")
        said = self._ask(place, route, event(request, place, route, values, key, frozen))
        return answer(said, request, frozen)

    def _throttle(self, stage: Any, place: Place, route: Route) -> None:
        """The stage's own limits, for everyone together; the method's before those of all methods."""
        own = f"{route.path.replace('/', '~1')}/{route.method}"
        name = own if own in stage.method_settings else "*/*"
        settings = stage.method_settings.get(name, {})
        limits = {"rateLimit": settings.get("throttlingRateLimit"), "burstLimit": settings.get("throttlingBurstLimit")}
        self._meter.throttle((place.api_id, place.stage, name), limits)

    def _ask(self, place: Place, route: Route, said: Any) -> Any:
        arn = _function(route)
        source = f"{place.arn}/{route.method}{route.path}"
        try:
            if not may_be_called(find(arn), source):
                raise Refusal("API_CONFIGURATION_ERROR")
            seconds = min(self._seconds, float(route.integration.timeout_in_millis or 29_000) / 1000)
            return self._threads.submit(self.functions.invoke, arn, said).result(seconds)
        except NoSuchFunction:
            raise Refusal("API_CONFIGURATION_ERROR") from None
        except TimeoutError:
            raise Refusal("INTEGRATION_TIMEOUT") from None
        except FunctionError:
            raise Refusal("INTEGRATION_FAILURE") from None


def _address(environ: dict[str, Any]) -> tuple[str, str, str]:
    parts = str(environ["PATH_INFO"]).removeprefix(PREFIX).split("/", 2)
    api_id, stage, path = (*parts, "", "")[:3]
    return api_id, stage, "/" + path.rstrip("/")


def _stage(api_id: str, name: str) -> tuple[Any, Any, Any]:
    """moto's backend, RestAPI and Stage. An API or stage that does not exist is refused as AWS's front refuses it."""
    from moto.apigateway.models import apigateway_backends

    for account in list(apigateway_backends.values()):
        for backend in list(account.values()):
            if api_id in backend.apis:
                api = backend.apis[api_id]
                if name in api.stages:
                    return backend, api, api.stages[name]
    raise Refusal("ACCESS_DENIED")


def _request(environ: dict[str, Any], path: str) -> Request:
    body = _body(environ)
    named = tuple(_headers(environ))
    headers = {name.lower(): value for name, value in named}
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(environ["PATH_INFO"].encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    url = f"{environ.get('wsgi.url_scheme', 'http')}://{headers.get('host', '')}{raw.split('?')[0]}"
    return Request(
        environ["REQUEST_METHOD"],
        unquote(path.encode("latin-1").decode("utf-8", "replace")),
        f"{url}?{query}" if query else url,
        query,
        headers,
        named,
        body,
        environ.get("REMOTE_ADDR", ""),
    )


def _body(environ: dict[str, Any]) -> bytes:
    """All that was sent. More than the limit is read and thrown away: a caller who still sends hears no refusal."""
    chunked = environ.get("wsgi.input_terminated", False)
    left = DRAINED_MAX if chunked else int(environ.get("CONTENT_LENGTH") or 0)
    parts: list[bytes] = []
    taken = 0
    while left > 0 and taken <= DRAINED_MAX and (part := environ["wsgi.input"].read(min(left, 65_536))):
        left, taken = left - len(part), taken + len(part)
        if taken <= BODY_MAX:
            parts.append(part)
    if taken > BODY_MAX:
        raise Refusal("REQUEST_TOO_LARGE")
    return b"".join(parts)


def _headers(environ: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").title(), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield name.replace("_", "-").title(), value


def _function(route: Route) -> str:
    found = _LAMBDA.fullmatch(str(route.integration.uri))
    if found is None:
        raise Refusal("API_CONFIGURATION_ERROR")
    return found.group(1)


def _mocked(route: Route) -> Answer:
    """A MOCK integration's answer, as for CORS preflights: constants only."""
    answers = list((route.integration.integration_responses or {}).values())
    if not answers:
        raise Refusal("API_CONFIGURATION_ERROR")
    chosen = next((each for each in answers if not each.selection_pattern), answers[0])
    headers = [("Content-Type", "application/json")]
    for name, value in (chosen.response_parameters or {}).items():
        headers.append((name.removeprefix("method.response.header."), str(value).strip("'")))
    body = (chosen.response_templates or {}).get("application/json") or ""
    return Answer(int(chosen.status_code), headers, body.encode())
