"""What a build needs of this machine's network: certificates, proxies and package indexes, taken from the environment.

None of it is part of the image or of its name. Passwords in addresses are for the build alone: whatever is shown
goes through `without_secrets`.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sentiment_cli.events import Emit, Note

CA_VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT", "CURL_CA_BUNDLE")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Network:
    """How the build reaches package indexes from here."""

    certificates: bytes = b""
    """PEM certificates to trust besides those of the base image."""
    arguments: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Build arguments; they may hold passwords."""

    @property
    def host_only(self) -> bool:
        """Whether a proxy listens on this machine's loopback, which a build container cannot reach by itself."""
        proxies = (value for name, value in self.arguments.items() if name.upper() in ("HTTP_PROXY", "HTTPS_PROXY"))
        return any(_host(proxy) in ("localhost", "::1") or _host(proxy).startswith("127.") for proxy in proxies)


def network(environment: Mapping[str, str], emit: Emit) -> Network:
    """Read `environment`; a certificate bundle that is named but missing is said and skipped."""
    found: dict[bytes, None] = {}
    for bundle in _bundles(environment, emit):
        found.update(dict.fromkeys(_CERTIFICATE.findall(bundle)))
    return Network(b"".join(certificate + b"\n" for certificate in found), dict(_arguments(environment)))


def _bundles(environment: Mapping[str, str], emit: Emit) -> Iterator[bytes]:
    named = {environment[name]: name for name in CA_VARIABLES if environment.get(name)}
    for location, name in named.items():
        path = Path(location).expanduser()
        try:
            yield b"\n".join(file.read_bytes() for file in (_certificates_in(path) if path.is_dir() else [path]))
        except OSError as error:
            emit(
                Note(
                    f"{name} names {location}, which cannot be read ({error.strerror}); building without it.", "warning"
                )
            )
    # Company certificates are often installed for the whole machine, without any variable.
    system = ssl.get_default_verify_paths().cafile
    if system and system not in named and Path(system).is_file():
        yield Path(system).read_bytes()


def _certificates_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix in (".pem", ".crt", ".cer") and path.is_file()]


def _arguments(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in PROXY_VARIABLES:
        # Programs disagree on the case of these names, and on which of two wins: give both, equal.
        value = environment.get(name.lower()) or environment.get(name)
        if value:
            yield name, value
            yield name.lower(), value
    for name in INDEX_VARIABLES:
        # An index in a folder of this machine is not there inside the build.
        value = " ".join(word for word in environment.get(name, "").split() if not word.startswith("file:"))
        if value:
            yield name, value


def _host(address: str) -> str:
    return urlsplit(address if "//" in address else f"//{address}").hostname or ""
