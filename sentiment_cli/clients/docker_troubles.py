"""What goes wrong with Docker, told apart and with a remedy for this machine; it speaks no Docker itself."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_cli.errors import SentimentError

# The most telling last: of several places where no engine could be used, the user hears about that one.
KINDS = ("missing", "stopped", "unreachable", "hung", "windows-containers", "too-old", "tls", "denied")

_DESKTOP = Path("/Applications/Docker.app")


class DockerUnavailable(SentimentError):
    """No engine can be used; `kind` is one of KINDS, `code` the same with "docker-" before it."""

    def __init__(self, kind: str, what: str, why: str, fix: str) -> None:
        super().__init__(what, why, fix, code=f"docker-{kind}")
        self.kind = kind


@dataclass(frozen=True)
class Machine:
    """What of this computer decides a remedy."""

    system: str = sys.platform
    release: str = platform.release()
    installed: Callable[[str], object] = shutil.which

    @property
    def has_docker(self) -> bool:
        """Whether a program that brings an engine seems to be installed."""
        commands = ("docker", "dockerd", "podman", "colima", "orb")
        return any(map(self.installed, commands)) or _DESKTOP.exists()


def unavailable(kind: str, where: str, detail: str = "", machine: Machine | None = None) -> DockerUnavailable:
    """The error for one of KINDS; `where` is an address in words, `detail` what the engine or the system said."""
    machine = machine or Machine()
    what, why, fix = {
        "missing": ("Docker is not installed.", f"No engine answers at {where}, and there is no docker command.",
                    _install(machine)),
        "stopped": ("Docker is not running.", f"No engine answers at {where}.", _start(machine)),
        "unreachable": ("Docker cannot be reached.", f"No engine answers at {where}: {detail}.",
                        "Start that engine; or correct DOCKER_HOST, or the context with `docker context use default`."),
        "hung": ("Docker does not answer.", f"{where} takes connections, but nothing came back in time.",
                 "Restart Docker."),
        "windows-containers": ("Docker is set to Windows containers.", "The inference image is a Linux image.",
                               "Choose `Switch to Linux containers` in Docker Desktop's menu."),
        "too-old": ("Docker is too old.", f"The engine at {where} is {detail}; 19.03 or later is needed.",
                    "Update Docker: https://docs.docker.com/engine/install/"),
        "tls": ("Docker's certificate is not accepted.", f"The engine at {where} says: {detail}.",
                "Check DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the certificates of the Docker context."),
        "denied": ("Docker is running, but this user may not use it.", f"{where} refuses: permission denied.",
                   _permit(machine)),
    }[kind]  # fmt: skip
    return DockerUnavailable(kind, what, why, fix)


def _install(machine: Machine) -> str:
    if machine.system == "darwin":
        return "Install Docker Desktop, OrbStack or Colima: https://docs.docker.com/get-started/get-docker/"
    if machine.system == "win32":
        return "Install Docker Desktop: https://docs.docker.com/desktop/setup/install/windows-install/"
    return "Install Docker Engine: https://docs.docker.com/engine/install/"


def _start(machine: Machine) -> str:
    if machine.system == "darwin":
        colima = machine.installed("colima") and not _DESKTOP.exists()
        return "Start it: `colima start`." if colima else "Start it: `open -a Docker`, and wait until it has started."
    if machine.system == "win32":
        return "Start Docker Desktop, and wait until it has started."
    if "microsoft" in machine.release.lower():
        return "Start Docker Desktop on Windows, with its WSL integration switched on for this distribution."
    return "Start it: `sudo systemctl start docker`." if machine.installed("systemctl") else "Start it: `sudo dockerd`."


def _permit(machine: Machine) -> str:
    if machine.system == "linux":
        return "Join the docker group (`sudo usermod -aG docker $USER`, then log out and in), or use rootless Docker."
    return "Run Docker Desktop as this user, or reset it in its settings."


@dataclass(frozen=True)
class Cause:
    """Why an engine failed, recognised from what it printed."""

    code: str
    why: str
    fix: str


_NO_NETWORK = (
    "name resolution|no such host|NameResolutionError|dial tcp|network is unreachable|connection refused"
    "|connection reset|i/o timeout|TLS handshake timeout|request canceled while waiting|timed out|Max retries"
)
_CAUSES: Sequence[tuple[str, Cause]] = (
    (r"no space left on device|disk quota exceeded",
     Cause("no-space", "The disk of the Docker engine is full.", "Make room: `docker system prune`.")),
    (r"port is already allocated|address already in use|ports are not available",
     Cause("port-in-use", "Something else listens on that port.", "Choose another with `--port`; 0 takes any.")),
    (r"toomanyrequests|rate limit",
     Cause("rate-limit", "The registry of base images has had too many requests from here.",
           "Wait an hour, or sign in with `docker login`.")),
    (r"x509: ",
     Cause("registry-certificate", "The Docker engine does not trust the certificate of the registry of base images.",
           "Add your company's certificate to those that Docker trusts, and restart Docker.")),
    (r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
     Cause("certificate", "Inside the build, the certificate of the package index is not trusted.",
           "Name your company's certificate bundle in PIP_CERT or SSL_CERT_FILE, then run again.")),
    (r"407 Proxy Authentication|Tunnel connection failed|ProxyError",
     Cause("proxy", "The proxy refused the build's connection to the package index.",
           "Correct HTTPS_PROXY (with user and password if the proxy wants them) and NO_PROXY.")),
    (r"pull access denied|manifest unknown|manifest for \S+ not found|no matching manifest|repository does not exist",
     Cause("no-base-image", "The registry has no base image for this Python and platform.",
           "Train with a Python that has an image python:X.Y-slim, or pull that image by hand.")),
    (r"exec format error",
     Cause("other-architecture", "This engine cannot run programs of the image's architecture.",
           "Switch on emulation: `docker run --privileged --rm tonistiigi/binfmt --install amd64`.")),
    (_NO_NETWORK,
     Cause("network", "The network was not there for Docker: a registry or package index could not be reached.",
           "Check the connection, HTTPS_PROXY and Docker's own proxy settings, then run again.")),
    (r"No matching distribution|Could not find a version",
     Cause("no-such-package", "A pinned package does not exist for this Python and platform.",
           "Train again in an environment with released versions of its packages.")),
    (r"docker-credential|credentials store|credential helper",
     Cause("credential-helper", "The credential helper named in ~/.docker/config.json does not work.",
           "Remove `credsStore` from that file, or install the helper.")),
)  # fmt: skip


def cause(text: str) -> Cause | None:
    """The first known cause that `text`, the engine's own words, speaks of; None for one that is not known."""
    return next((known for pattern, known in _CAUSES if re.search(pattern, text, re.IGNORECASE)), None)
