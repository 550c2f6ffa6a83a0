"""Answers that the gateway makes itself, by AWS's names for them, in the form that the API's owner has put."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sentiment_cli.sandbox.gateway.deployed import Frozen, GatewayResponse

_WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
# AWS's response type -> (status, message, what x-amzn-ErrorType says)
_TYPES: Mapping[str, tuple[int, str, str]] = {
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "INVALID_API_KEY": (403, "Forbidden", "ForbiddenException"),
    "ACCESS_DENIED": (403, "Forbidden", "AccessDeniedException"),
    "INVALID_SIGNATURE": (403, _WRONG_SIGNATURE, "InvalidSignatureException"),
    "EXPIRED_TOKEN": (403, "The security token included in the request is expired", "ExpiredTokenException"),
    "THROTTLED": (429, "Too Many Requests", "TooManyRequestsException"),
    "QUOTA_EXCEEDED": (429, "Limit Exceeded", "LimitExceededException"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long", "RequestTooLargeException"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out", "InternalServerErrorException"),
    "API_CONFIGURATION_ERROR": (500, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_FAILURE": (502, "Internal server error", "InternalServerErrorException"),
}  # fmt: skip
_HEADER = "gatewayresponse.header."


@dataclass
class Answer:
    """What goes back to the caller."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        """The value of a header, empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class Refusal(Exception):
    """The gateway answers in place of what stands behind it."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.message = message


def refuse(refusal: Refusal, frozen: Frozen | None) -> Answer:
    """The answer for `refusal`, with what was put for its type, or for DEFAULT_4XX or DEFAULT_5XX."""
    status, message, error = _TYPES[refusal.kind]
    message = refusal.message or message
    put = _put(frozen, refusal.kind, status)
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error)]
    body = json.dumps({"message": message}, separators=(",", ":"))
    if put is not None:
        status = put.status or status
        headers += list(_headers(put.parameters))
        if put.templates:
            kind, template = next(iter(put.templates.items()))
            headers[0] = ("Content-Type", kind)
            body = _filled(template, message, refusal.kind, status)
    return Answer(status, headers, body.encode())


def _put(frozen: Frozen | None, kind: str, status: int) -> GatewayResponse | None:
    if frozen is None:
        return None
    return frozen.responses.get(kind) or frozen.responses.get("DEFAULT_4XX" if status < 500 else "DEFAULT_5XX")


def _headers(parameters: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Values in single quotes are constants; what would come from the request is left out."""
    for name, value in parameters.items():
        if name.startswith(_HEADER) and value.startswith("'") and value.endswith("'"):
            yield name.removeprefix(_HEADER), value[1:-1]


def _filled(template: str, message: str, kind: str, status: int) -> str:
    values = {
        "$context.error.messageString": json.dumps(message),
        "$context.error.message": message,
        "$context.error.responseType": kind,
        "$context.status": str(status),
        "$context.requestId": str(uuid.uuid4()),
    }
    for name, value in values.items():
        template = template.replace(name, value)
    return template
