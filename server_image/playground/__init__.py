"""The page at `/` on which people try sentences: one document, with a policy that lets it load nothing else."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import falcon

_FOLDER = Path(__file__).parent


class Playground:
    """GET: the page, put together from its markup, its style and its script."""

    def __init__(self) -> None:
        style, script = (_FOLDER / "style.css").read_bytes(), (_FOLDER / "script.js").read_bytes()
        page = (_FOLDER / "page.html").read_bytes()
        self._page = page.replace(b"/* style.css */", style).replace(b"/* script.js */", script)
        self._policy = content_security_policy(style=style, script=script)

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_HTML
        response.set_header("Content-Security-Policy", self._policy)
        response.set_header("X-Content-Type-Options", "nosniff")
        response.set_header("Referrer-Policy", "no-referrer")
        response.set_header("Cache-Control", "no-cache")
        response.data = self._page

    on_head = on_get


def content_security_policy(*, style: bytes, script: bytes) -> str:
    """Allows this style and this script, by their digests, requests to this server, and nothing else."""
    rules = [
        "default-src 'none'",
        f"script-src {_digest(script)}",
        f"style-src {_digest(style)}",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(rules)


def _digest(content: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"
