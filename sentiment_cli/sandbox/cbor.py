"""Lets clients speak CBOR (smithy-rpc-v2-cbor) where the sandbox behind speaks JSON, by botocore's own translators."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from typing import Any

from botocore.model import ShapeResolver
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.core.model import OperationModel
from moto.core.utils import get_service_model
from werkzeug.wrappers import Request, Response

from sentiment_cli.sandbox.reading import TARGETS

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]
PATH = re.compile(r"/service/(\w+)/operation/(\w+)")
CBOR, JSON = "smithy-rpc-v2-cbor", "json"
TRANSLATED = "sandbox.translated"  # in the environment of a request that is not as it was signed any more
NOTHING = b"\xa0"  # an empty map
TOLD = ShapeResolver(
    {"Told": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}}, "Text": {"type": "string"}}
).get_shape_by_name("Told")


class Interpreter:
    """A WSGI application before another: requests in CBOR are handed on in JSON, and the answers back in CBOR."""

    def __init__(self, application: WSGI) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found = PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor" or found.group(1) not in TARGETS:
            return self._application(environ, start_response)
        operation = get_service_model(TARGETS[found.group(1)]).operation_model(found.group(2))
        _ask_in_json(environ, operation)
        response = Response.from_app(self._application, environ)
        return _answer_in_cbor(response, operation)(environ, start_response)


def _ask_in_json(environ: dict[str, Any], operation: OperationModel) -> None:
    params = _read(CBOR, Request(environ).get_data(), operation.input_shape)
    asked = create_serializer(JSON, include_validation=False).serialize_to_request(params, operation)
    body = asked["body"]
    environ |= {
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": asked["headers"]["Content-Type"],
        "HTTP_X_AMZ_TARGET": asked["headers"]["X-Amz-Target"],
        "PATH_INFO": "/",
        TRANSLATED: True,
        "wsgi.input": io.BytesIO(body),
    }


def _answer_in_cbor(response: Response, operation: OperationModel) -> Response:
    writer = create_serializer(CBOR, include_validation=False)
    body = NOTHING
    if response.status_code >= 400:
        told = {name: value for name, value in response.get_json(force=True).items() if isinstance(value, str)}
        body = writer._serialize_body_params(told, TOLD)
    elif operation.output_shape is not None:
        answered = _read(JSON, response.get_data(), operation.output_shape)
        body = writer._serialize_body_params(answered, operation.output_shape)
    response.set_data(body)
    response.headers["Content-Type"] = "application/cbor"
    response.headers["smithy-protocol"] = "rpc-v2-cbor"
    return response


def _read(protocol: str, body: bytes, shape: Any) -> dict[str, Any]:
    read = create_parser(protocol).parse({"body": body, "headers": {}, "status_code": 200}, shape)
    return {name: value for name, value in read.items() if name != "ResponseMetadata"}
