"""Failures as RFC 9457 problem details, the same shape that the inference container answers with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Problem(Exception):
    """A request that cannot be answered: HTTP status, one sentence, and the row it is about (from 0) if any."""

    def __init__(self, status: int, detail: str, row: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = HTTPStatus(status).phrase
        self.detail = detail
        self.row = row

    def as_dict(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {
            "type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail,
        }  # fmt: skip
        if self.row is not None:
            body["row"] = self.row
        return body
