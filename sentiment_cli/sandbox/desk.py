"""What a sandbox says of itself, and lets its owner arrange, at addresses that are none of AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from werkzeug.wrappers import Request, Response

from sentiment_cli.sandbox.faults import Faults, Rule
from sentiment_cli.sandbox.inventory import INTERNAL

ROOT = "/_sandbox"


class Desk:
    """Answers below ROOT."""

    def __init__(self, sandbox: str, about: Callable[[], dict[str, Any]], faults: Faults) -> None:
        self._id = sandbox
        self._about = about
        self._faults = faults

    def answer(self, request: Request) -> Response:
        """Anybody may read; only who can read the sandbox's record, and so knows its id, may arrange."""
        if request.path == ROOT:
            return _json(self._about())
        if request.path != f"{ROOT}/faults":
            return Response(status=404)
        if request.method != "GET":
            if request.headers.get(INTERNAL) != self._id:
                return Response(status=403)
            if request.method == "DELETE":
                self._faults.clear()
            else:
                self._faults.add(msgspec.json.decode(request.get_data(), type=Rule))
        return _json(self._faults.rules())


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
