"""Finds out which operation of which service an HTTP request asks for, and with what; it answers nothing.

How requests are laid out, and how their paths map to operations, is known by botocore's models and moto's parsers.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import ProtocolRouter, get_router_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from sentiment_cli.sandbox.calls import Fault

# The name that requests are signed for, where it is not the service's own, or where services share one.
SIGNED_AS = {
    "apigateway": ("apigateway", "apigatewayv2"),
    "monitoring": ("cloudwatch",),
    "sagemaker": ("sagemaker", "sagemaker-runtime"),
    "servicequotas": ("service-quotas",),
    "tagging": ("resourcegroupstaggingapi",),
}
SCOPE = re.compile(r"Credential=([^/\s]*)/\d{8}/([^/]*)/([^/]*)/aws4_request")
OLD_SCOPE = re.compile(r"AWS ([^:\s]+):")  # version 2 of the signature, which only S3 still takes
PRESIGNED = re.compile(r"([^/]*)/\d{8}/([^/]*)/([^/]*)/aws4_request")
HOSTED = re.compile(r"(?:^|\.)([a-z0-9-]+)\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com")
# What the header that names the operation begins with, for requests that are not signed.
TARGETS = {
    "AWSPriceListService": "pricing",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "AnyScaleFrontendService": "application-autoscaling",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Logs_20140328": "logs",
    "ResourceGroupsTaggingAPI_20170126": "resourcegroupstaggingapi",
    "SageMaker": "sagemaker",
    "ServiceQuotasV20190624": "service-quotas",
}
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Signature:
    """Who a request says it is from, and for which service and region it was signed; all empty if it is not."""

    key: str = ""
    region: str = ""
    service: str = ""


@dataclass(frozen=True)
class Asked:
    """A request, understood. `operation` is None where the service has no such operation."""

    service: str
    region: str
    key: str
    protocol: str = "json"
    operation: OperationModel | None = None
    path: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.operation.name) if self.operation else ""


def read(request: Request) -> Asked:
    """What a request asks for; its parameters are not looked at yet."""
    signed = signature(request)
    region = signed.region or DEFAULT_REGION
    first: Asked | None = None
    for service in _services(request, signed):
        model = _model(service)
        if model is None:
            continue
        protocol = _protocol(model, request)
        asked = Asked(service, region, signed.key, protocol)
        first = first or asked
        try:
            operation, path = _router(service, protocol).match(request)
        except NotFound:
            continue
        return Asked(service, region, signed.key, protocol, operation, path)
    return first or Asked(signed.service, region, signed.key)


def parameters(request: Request, asked: Asked, body: bytes) -> dict[str, Any]:
    """The parameters of a request, shaped as the model of its operation names them. Raises Fault if they are not."""
    if asked.operation is None:
        return {}
    if asked.service != "s3" and request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    if asked.protocol == "json" and not _is_object(body):
        raise Fault("SerializationException", "The request is not a JSON object.")
    parser = PROTOCOL_PARSERS[asked.protocol](asked.operation)
    parts: Any = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": body,
        "url_path": request.path,
        "url_params": asked.path,
    }
    try:
        return dict(parser.parse(parts))
    except Exception as error:
        # The parser is lenient where it can be; what it stumbles over is not of the shape at all.
        if asked.service == "s3":
            return dict(asked.path)
        raise Fault("SerializationException", f"The request is not of the expected shape: {error}") from error


def _is_object(body: bytes) -> bool:
    """Whether a body is a JSON object; the parser takes anything else for an empty one."""
    try:
        return not body or isinstance(json.loads(body), dict)
    except ValueError:
        return False


def signature(request: Request) -> Signature:
    """What the Authorization header, or a presigned address, says."""
    if found := SCOPE.search(request.headers.get("Authorization", "")):
        return Signature(*found.groups())
    if found := OLD_SCOPE.match(request.headers.get("Authorization", "")):
        return Signature(found.group(1), service="s3")
    if found := PRESIGNED.fullmatch(request.args.get("X-Amz-Credential", "")):
        return Signature(*found.groups())
    return Signature(key=request.args.get("AWSAccessKeyId", ""), service="s3" if request.args else "")


def _services(request: Request, signed: Signature) -> tuple[str, ...]:
    if signed.service:
        return SIGNED_AS.get(signed.service, (signed.service,))
    host = HOSTED.search(request.host)
    hint = host.group(1) if host else TARGETS.get(request.headers.get("X-Amz-Target", "").partition(".")[0], "s3")
    return SIGNED_AS.get(hint, (hint,))


def _protocol(model: ServiceModel, request: Request) -> str:
    """A service that speaks REST speaks nothing else, whatever content type the payload has."""
    protocol = str(model.protocol)
    if protocol.startswith("rest-"):
        return protocol
    try:
        chosen = determine_request_protocol(model, (request.content_type or "").partition(";")[0])
    except NotImplementedError:
        return "json"
    return chosen if chosen in PROTOCOL_PARSERS else "json"


@cache
def _model(service: str) -> ServiceModel | None:
    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


@cache
def _router(service: str, protocol: str) -> ProtocolRouter:
    router = get_router_class(service, protocol)
    if router is None:
        raise NotFound
    return router(get_service_model(service))
