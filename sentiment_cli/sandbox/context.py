"""What a service of the sandbox is told of the sandbox it belongs to; it finds out nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Context:
    """One running sandbox, as its services see it."""

    folder: Path
    """For the files of services, each in a folder of its own below; it goes with the sandbox."""
    url: str
    """Where the sandbox answers: "http://127.0.0.1:40001"."""
    id: str
    """Unique among sandboxes of this machine; part of every label."""
    engine: Literal["docker", "process"]
    """What runs containers: a Docker engine, or plain processes of this machine."""

    @property
    def label(self) -> tuple[str, str]:
        """Name and value of the label of every container and volume that belongs to this sandbox."""
        return "sentiment-cli.sandbox", self.id
