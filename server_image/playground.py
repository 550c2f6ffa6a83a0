"""The page at `/` on which people try sentences: one file, and a policy that lets it load nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import falcon

_PAGE = Path(__file__).with_name("playground.html")


class Playground:
    """GET: the page."""

    def __init__(self) -> None:
        self._page = _PAGE.read_bytes()
        self._policy = content_security_policy(self._page)

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_HTML
        response.set_header("Content-Security-Policy", self._policy)
        response.set_header("X-Content-Type-Options", "nosniff")
        response.set_header("Referrer-Policy", "no-referrer")
        response.set_header("Cache-Control", "no-cache")
        response.data = self._page

    on_head = on_get


def content_security_policy(page: bytes) -> str:
    """Allows exactly the style and the script that stand in `page`, by their digests, and requests to this server."""
    rules = [
        "default-src 'none'",
        f"script-src {_digests(page, b'script')}",
        f"style-src {_digests(page, b'style')}",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(rules)


def _digests(page: bytes, element: bytes) -> str:
    contents = re.findall(rb"<%s>(.*?)</%s>" % (element, element), page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(content).digest()).decode() for content in contents)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
