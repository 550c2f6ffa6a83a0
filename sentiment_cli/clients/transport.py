"""HTTP to servers that are no service of AWS: with a time-out, through a company's proxy where one is set, and never on
to another address. Nothing is tried again here.

On urllib3, which boto3 has loaded already: httpx would cost a deployment more than all its requests do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sentiment_cli import __version__

if TYPE_CHECKING:
    from sentiment_cli.clients.sender import Request

_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip", "User-Agent": f"sentiment-cli/{__version__}"}


class Transport:
    """Keeps its connections to one server open until `close`. `local` is for a server on this machine."""

    def __init__(self, url: str, timeout: float, *, local: bool) -> None:
        import urllib3

        options: dict[str, Any] = {"timeout": timeout, "retries": False}
        if url.startswith("https:"):
            from sentiment_cli.clients.sender import trust

            options["ssl_context"] = trust()
        proxy = None if local else proxy_to(url)
        if proxy is None:
            self._pool = urllib3.PoolManager(**options)
        else:
            self._pool = urllib3.ProxyManager(proxy.url, proxy_headers=proxy.headers, **options)

    def close(self) -> None:
        self._pool.clear()

    def get(self, url: str, timeout: float) -> int:
        """The status of the answer. Raises urllib3's HTTPError."""
        return int(self._pool.request("GET", url, headers=_HEADERS, timeout=timeout).status)

    def post(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer. Raises urllib3's HTTPError."""
        answer = self._pool.request(
            "POST", request.url + request.path, body=request.body, headers={**_HEADERS, **request.headers}
        )
        return answer.status, answer.data


def split(url: str) -> tuple[str, str]:
    """A server's address up to the port, and the path after it without a last slash. Raises ValueError for none."""
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise ValueError(str(error)) from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError("It does not begin with http:// or https:// and the name of a machine")
    return f"{parts.scheme}://{parts.netloc}", (parts.path or "").rstrip("/")


@dataclass(frozen=True)
class Proxy:
    """A company's proxy, and what it wants to know where its address names a user."""

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)


def proxy_to(url: str) -> Proxy | None:
    """The proxy on the way to `url`, if one is set."""
    from urllib.parse import unquote
    from urllib.request import getproxies, proxy_bypass

    from urllib3.util import make_headers, parse_url

    parts, named = parse_url(url), getproxies()
    proxy = named.get(str(parts.scheme)) or named.get("all")
    if not proxy or proxy_bypass(parts.host or ""):
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    auth = parse_url(address).auth
    return Proxy(address, make_headers(proxy_basic_auth=unquote(auth)) if auth else {})
