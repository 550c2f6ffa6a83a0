"""What API Gateway tells a Lambda function of a request (AWS_PROXY), and what it makes of the answer."""

from __future__ import annotations

import base64
import contextlib
import gzip
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sentiment_cli.sandbox.gateway.answers import Answer, Refusal
from sentiment_cli.sandbox.gateway.deployed import Frozen, Route


@dataclass(frozen=True)
class Request:
    """A request to an API; `headers` have lower-case names, `named` are as they were sent."""

    method: str
    path: str
    """Below the stage: "/predict"."""
    url: str
    query: str
    headers: Mapping[str, str]
    named: tuple[tuple[str, str], ...]
    body: bytes
    source: str


@dataclass(frozen=True)
class Place:
    """Which API and stage a request has reached."""

    account: str
    region: str
    api_id: str
    stage: str
    variables: Mapping[str, str]

    @property
    def arn(self) -> str:
        """What the policy of a function names as the source of calls, without method and path."""
        from moto.utilities.utils import get_partition

        where = f"{self.region}:{self.account}:{self.api_id}/{self.stage}"
        return f"arn:{get_partition(self.region)}:execute-api:{where}"


def event(request: Request, place: Place, route: Route, values: dict[str, str], key: Any, frozen: Frozen) -> Any:
    """The event of version 1.0, as REST APIs send it."""
    body, encoded = _body(request, frozen)
    headers = dict(request.named)
    pairs = parse_qsl(request.query, keep_blank_values=True)
    return {
        "resource": route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": _many(pairs) or None,
        "pathParameters": values or None,
        "stageVariables": dict(place.variables) or None,
        "requestContext": _context(request, place, route, key),
        "body": body,
        "isBase64Encoded": encoded,
    }


def _context(request: Request, place: Place, route: Route, key: Any) -> dict[str, Any]:
    identity: dict[str, Any] = {"sourceIp": request.source, "userAgent": request.headers.get("user-agent")}
    if key is not None:
        identity |= {"apiKey": key.value, "apiKeyId": key.id}
    return {
        "accountId": place.account,
        "apiId": place.api_id,
        "stage": place.stage,
        "resourceId": route.resource_id,
        "resourcePath": route.path,
        "httpMethod": request.method,
        "path": f"/{place.stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": str(uuid.uuid4()),
        "requestTimeEpoch": int(time.time() * 1000),
        "domainName": request.headers.get("host", ""),
        "identity": identity,
    }


def answer(said: Any, request: Request, frozen: Frozen) -> Answer:
    """What the caller gets for the function's answer. Raises Refusal with AWS's 502 when it has not the right shape."""
    if not isinstance(said, dict) or set(said) - _MEMBERS or not isinstance(said.get("body") or "", str):
        raise Refusal("INTEGRATION_FAILURE")
    try:
        status = int(said.get("statusCode", 200))
        if not 200 <= status <= 599:
            raise ValueError
        headers = [_checked(name, value) for name, value in _headers(said)]
        body = _decoded(said, request, frozen)
    except (TypeError, ValueError):
        raise Refusal("INTEGRATION_FAILURE") from None
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return _compressed(Answer(status, headers, body), request, frozen)


_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


def _headers(said: dict[str, Any]) -> Any:
    many: dict[str, Any] = said.get("multiValueHeaders") or {}
    for name, value in (said.get("headers") or {}).items():
        if name not in many:
            yield str(name), str(value)
    for name, values in many.items():
        yield from ((str(name), str(value)) for value in values)


def _checked(name: str, value: str) -> tuple[str, str]:
    """The header, if HTTP can carry it. Raises ValueError."""
    if any(character in name + value for character in "\r\n\0") or not name:
        raise ValueError
    value.encode("latin-1")
    return name, value


def _decoded(said: dict[str, Any], request: Request, frozen: Frozen) -> bytes:
    """Base64 is undone only where the caller's first Accept type is one of the API's binary types."""
    text = said.get("body") or ""
    wanted = request.headers.get("accept", "").split(",")[0]
    if said.get("isBase64Encoded") and _is_binary(wanted, frozen.binary_types):
        return base64.b64decode(text, validate=True)
    return str(text).encode()


def _compressed(made: Answer, request: Request, frozen: Frozen) -> Answer:
    wanted = "gzip" in request.headers.get("accept-encoding", "")
    if frozen.compress_from is None or not wanted or len(made.body) < max(1, frozen.compress_from):
        return made
    return Answer(made.status, [*made.headers, ("Content-Encoding", "gzip")], gzip.compress(made.body, 5))


def _body(request: Request, frozen: Frozen) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    body = request.body
    if frozen.compress_from is not None and request.headers.get("content-encoding") == "gzip":
        with contextlib.suppress(OSError, EOFError):
            body = gzip.decompress(body)
    if _is_binary(request.headers.get("content-type", ""), frozen.binary_types):
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False


def _is_binary(media_type: str, binary: tuple[str, ...]) -> bool:
    name = media_type.split(";")[0].strip().lower()
    family = name.split("/")[0] + "/*"
    return (bool(name) and any(each in ("*/*", name, family) for each in binary)) or "*/*" in binary


def _many(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    many: dict[str, list[str]] = {}
    for name, value in pairs:
        many.setdefault(name, []).append(value)
    return many
