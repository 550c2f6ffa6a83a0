"""Every refusal of a request, as RFC 9457 problem JSON; it knows the forms of refusals, not when to refuse."""

from __future__ import annotations

from collections.abc import Mapping

import falcon
import orjson

from server_image.logs import Limited

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:sentiment-server:problem:"
_log = Limited()


class Problem(falcon.HTTPError):
    """A refusal with a cause that a program can tell (`kind`) and a person can read (`title`, `detail`).

    `row` is the index, from 0, of the text that is to blame, where one is.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        row: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, title=title, description=detail, headers=dict(headers or {}))
        self.kind = kind
        self.row = row


def not_readable(kind: str, detail: str, row: int | None = None) -> Problem:
    """400: the body is not what its media type promises, or not the shape that is asked for."""
    return Problem(400, kind, "The request cannot be read", detail, row=row)


def too_large(kind: str, detail: str, row: int | None = None) -> Problem:
    """413: a limit of the server is exceeded."""
    return Problem(413, kind, "The request is too large", detail, row=row)


def unsupported(kind: str, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """415: a media type, character set or content coding that the server does not read."""
    return Problem(415, kind, "The media type is not supported", detail, headers=headers)


def render(status: int, kind: str, title: str, detail: str | None = None, row: int | None = None) -> bytes:
    """The problem as JSON bytes; `row` and `detail` only where they are known."""
    problem: dict[str, object] = {"type": TYPE_PREFIX + kind, "title": title, "status": status}
    if detail:
        problem["detail"] = detail
    if row is not None:
        problem["row"] = row
    return orjson.dumps(problem)


def report(status: int, kind: str, method: str, path: str, row: int | None = None) -> None:
    """One line in the log, as far as the limit for strangers allows; it never quotes what was sent."""
    place = {} if row is None else {"row": row}
    level = "error" if status >= 500 else "warning"
    _log(level, "problem", status=status, kind=kind, method=method[:20], path=path[:200], **place)


_TITLES = {
    404: ("not-found", "There is nothing at this address"),
    405: ("method", "The method is not allowed here"),
    500: ("internal", "The server failed; this is its fault, not the request's"),
}


def serialize(request: falcon.Request, response: falcon.Response, error: falcon.HTTPError) -> None:
    """Falcon's hook for writing errors: ours and its own look alike."""
    status = error.status_code
    kind, title = _TITLES.get(status, ("http", error.title or "The request was refused"))
    kind, row = getattr(error, "kind", kind), getattr(error, "row", None)
    title = error.title if isinstance(error, Problem) and error.title else title
    response.data = render(status, kind, title, error.description or _hint(error), row)
    response.content_type = MEDIA_TYPE
    report(status, kind, request.method, request.path, row)


def _hint(error: falcon.HTTPError) -> str | None:
    if error.status_code == 405:
        return f"Allowed here: {dict(error.headers or {}).get('Allow', 'nothing')}."
    if error.status_code == 404:
        return "The addresses are /invocations, /ping, /execution-parameters, /metrics and /openapi.json."
    return None
