"""The page at GET /: one document without outside parts, and the headers that let it load nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from chalicelib import settings

FOLDER = Path(__file__).parent


@cache
def html() -> str:
    """The page, put together from its markup, its style and its script."""
    page = _text("page.html").replace("{auth}", settings.AUTH).replace("{name}", settings.APP_NAME)
    return page.replace("/* style.css */", _text("style.css")).replace("/* script.js */", _text("script.js"))


@cache
def headers() -> dict[str, str]:
    """Allow this style and this script, by their digests, requests to this API, and nothing else."""
    rules = (
        "default-src 'none'", f"script-src {_digest('script.js')}", f"style-src {_digest('style.css')}",
        "img-src data:", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    )  # fmt: skip
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(rules),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _digest(name: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(_text(name).encode()).digest()).decode()}'"
