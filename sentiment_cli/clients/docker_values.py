"""What is said to and by a Docker engine, as frozen values; nothing here talks to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Image:
    """An image that the engine has."""

    id: str
    architecture: str
    size: int
    """Bytes of all layers, unpacked."""
    labels: Mapping[str, str]


@dataclass(frozen=True)
class State:
    """How a container is."""

    running: bool
    exit_code: int
    out_of_memory: bool
    host_port: int | None
    """The port on the engine's machine where the container's published port is."""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> State:
        """What the engine says of a container."""
        published = [each for ports in (found["NetworkSettings"]["Ports"] or {}).values() for each in ports or []]
        state = found["State"]
        port = int(published[0]["HostPort"]) if published else None
        return cls(state["Running"], state["ExitCode"], state["OOMKilled"], port)


@dataclass(frozen=True)
class Usage:
    """What a server uses at one moment."""

    cpu_percent: float
    """100 is one CPU."""
    memory_bytes: int

    @classmethod
    def of(cls, sample: Mapping[str, Any]) -> Usage:
        """What one message of the engine's statistics says."""
        now, before, memory = sample["cpu_stats"], sample["precpu_stats"], sample["memory_stats"]
        spent = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
        passed = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
        percent = 100.0 * spent / passed * now.get("online_cpus", 1) if passed > 0 else 0.0
        # The page cache is not what the program uses; the two generations of cgroups name it differently.
        details = memory.get("stats", {})
        cache = details.get("inactive_file", details.get("total_inactive_file", 0))
        return cls(percent, max(0, memory["usage"] - cache))


@dataclass(frozen=True)
class ContainerSpec:
    """What is run, with what; everything that is not here is denied to it while it is `confined`."""

    image: str
    command: Sequence[str]
    user: str
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    volume: str
    mount: str
    """Where `volume` is mounted, read-only."""
    port: int
    """The port that the program inside listens on."""
    publish: tuple[str, int]
    """Address and port on the engine's machine; port 0 is any free one."""
    scratch: Mapping[str, str] = field(default_factory=lambda: {"/tmp": "size=64m,noexec,nosuid,nodev"})  # noqa: S108
    confined: bool = True
    """No capabilities, and nothing writable but `scratch`."""
    memory: int | None = None
    """Bytes it may use; None for as many as there are."""
