"""Turns what a service answered, a result or a Fault, into the HTTP response that its clients expect."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from moto.core.model import OperationModel
from moto.core.serialize import ResponseDict, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.reading import Asked

XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")
JSON_CODE = re.compile(rb'"(?:__type|code|Code)"\s*:\s*"(?:[^"#]*#)?([^"]+)"')


class _Error(Exception):
    """A Fault as moto's serializers like it: its members are attributes."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.__dict__.update(fault.members)
        self.code = fault.code
        self.message = fault.message


def result(asked: Asked, members: Mapping[str, Any]) -> Response:
    """The response with the members of the operation's output."""
    assert asked.operation is not None  # noqa: S101 - only operations have results
    written = _serialized(asked, asked.operation, members)
    # The serializer puts its own content type over the one that the payload has.
    output = asked.operation.output_shape
    for name, member in (output.members if output else {}).items():
        if member.serialization.get("name") == "Content-Type" and members.get(name):
            written["headers"]["Content-Type"] = members[name]
    return _response(written)


def fault(asked: Asked, error: Fault) -> Response:
    """The response of a refusal."""
    try:
        model = get_service_model(asked.service)
    except Exception:  # a service that nobody knows
        return Response(f"{error.code}: {error.message}\n", error.status, content_type="text/plain")
    operation = asked.operation or OperationModel({}, model)
    written = _serialized(asked, operation, _Error(error))
    written["status_code"] = error.status
    return _response(written)


def error_code(response: Response) -> str:
    """The code of the error that a response tells of, whoever wrote it; empty if it tells of none."""
    if response.status_code < 400:
        return ""
    if named := response.headers.get("x-amzn-errortype"):
        return named.partition(":")[0].rpartition("#")[2]
    body = response.get_data()
    found = XML_CODE.search(body) or JSON_CODE.search(body)
    return found.group(1).decode() if found else str(response.status_code)


def _serialized(asked: Asked, operation: OperationModel, answer: Any) -> ResponseDict:
    written = get_serializer_class(asked.service, asked.protocol)(operation).serialize(answer)
    if asked.protocol == "json":
        # The serializer looks at the protocol that the model prefers, not at the one that was spoken.
        version = operation.service_model.metadata.get("jsonVersion", "1.0")
        written["headers"]["Content-Type"] = f"application/x-amz-json-{version}"
    return written


def _response(written: ResponseDict) -> Response:
    response = Response(written["body"], written["status_code"])
    for name, value in written["headers"].items():
        response.headers[name] = value
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response
