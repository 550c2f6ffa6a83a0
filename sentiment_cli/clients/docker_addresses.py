"""Where a Docker engine may listen on this machine, and whether anyone opens there; it speaks no Docker itself."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

Knock = Literal["open", "absent", "stopped", "denied", "hung"]

KNOCK_SECONDS = 3.0


@dataclass(frozen=True)
class Address:
    """One place to look for an engine."""

    url: str
    source: str
    """Where the address comes from, in words: "DOCKER_HOST", "the Docker context 'colima'"."""
    tls: Any = None

    @property
    def remote_host(self) -> str | None:
        """Name of the other machine where the engine runs; None for this machine."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("tcp", "http", "https", "ssh"):
            return None
        host = parts.hostname or ""
        return None if host in ("", "localhost", "::1") or host.startswith("127.") else host


def usual(environment: Mapping[str, str], home: Path, platform: str) -> list[Address]:
    """The sockets of Docker and the engines that stand in for it, likeliest first."""
    if platform == "win32":
        return [
            Address(f"npipe:////./pipe/{name}", "the usual place")
            for name in ("docker_engine", "dockerDesktopLinuxEngine")
        ]
    return [Address(f"unix://{path}", "the usual place") for path in _sockets(environment, home)]


def _sockets(environment: Mapping[str, str], home: Path) -> list[Path]:
    runtime = environment.get("XDG_RUNTIME_DIR")
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return [
        Path("/var/run/docker.sock"),
        *([Path(runtime) / "docker.sock"] if runtime else []),  # rootless Docker
        home / ".docker/run/docker.sock",  # Docker Desktop
        home / ".docker/desktop/docker.sock",  # Docker Desktop on Linux
        home / ".orbstack/run/docker.sock",
        home / ".colima/default/docker.sock",
        config / "colima/default/docker.sock",
        home / ".rd/docker.sock",  # Rancher Desktop
        *([Path(runtime) / "podman/podman.sock"] if runtime else []),
        Path("/run/podman/podman.sock"),
        home / ".local/share/containers/podman/machine/podman.sock",
    ]


def knock(address: Address) -> Knock:
    """Whether something accepts connections at a unix socket; other kinds of addresses are taken to be open."""
    if not address.url.startswith("unix://"):
        return "open"
    with socket.socket(socket.AF_UNIX) as attempt:
        attempt.settimeout(KNOCK_SECONDS)
        try:
            attempt.connect(address.url.removeprefix("unix://"))
        except PermissionError:
            return "denied"
        except ConnectionRefusedError:
            return "stopped"
        except (TimeoutError, BlockingIOError):
            return "hung"
        except OSError:  # no such file, not a socket, a name too long for one
            return "absent"
    return "open"
