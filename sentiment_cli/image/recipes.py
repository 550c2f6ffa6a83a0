"""What decides an image's content, and therefore its name; nothing here needs a Docker engine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_cli.errors import InputError
from sentiment_cli.image import context

REPOSITORY = "sentiment-server"
PLATFORM = "linux/amd64"
SKLEARN_PINS = "requirements-sklearn.txt"

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.!+_-]*")
_PYTHON = re.compile(r"(\d+\.\d+)(\.|$)")


@dataclass(frozen=True)
class Recipe:
    """Everything that changes what is in the image: the same recipe is the same image."""

    files: Mapping[str, bytes]
    """The build context: path to content."""
    target: str
    """The stage of the Dockerfile: "server", or "server-sklearn" for a model that has to be unpickled."""
    python: str
    """Python of the training environment as "X.Y"; the base image is python:X.Y-slim."""
    platform: str = PLATFORM

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the content; certificates, proxies and index addresses are no part of it."""
        files = {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}
        decides = {"files": files, "target": self.target, "python": self.python, "platform": self.platform}
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()

    @property
    def tag(self) -> str:
        """The first 16 characters of the digest: enough to tell every image apart, short enough to read."""
        return self.digest[:16]

    @property
    def name(self) -> str:
        """Name of the image on this machine."""
        return f"{REPOSITORY}:{self.tag}"


def recipe(manifest: Mapping[str, Any], *, platform: str = PLATFORM) -> Recipe:
    """The image that the model of `manifest` needs.

    A compiled model needs no scikit-learn; any other gets exactly the versions that it was trained with. Raises
    InputError where the manifest names no usable Python or versions.
    """
    files = context.read(_server_folder())
    pins = files.pop(SKLEARN_PINS).decode()
    python = _python(manifest)
    if manifest.get("compiled"):
        return Recipe(files, "server", python, platform)
    exact = _with_versions(pins, manifest.get("libraries") or {})
    return Recipe({**files, SKLEARN_PINS: exact.encode()}, "server-sklearn", python, platform)


def _server_folder() -> Path:
    import server_image

    return Path(server_image.__path__[0])


def _python(manifest: Mapping[str, Any]) -> str:
    match = _PYTHON.match(str(manifest.get("python", "")))
    if match is None:
        raise _unusable(f"its manifest says Python {manifest.get('python')!r}")
    return match.group(1)


def _with_versions(pins: str, libraries: Mapping[str, Any]) -> str:
    """`pins`, with every library in `libraries` at the version given there."""
    for name, version in libraries.items():
        # pip reads options from these lines too: nothing but a name and a version may get there.
        if not (_NAME.fullmatch(name) and _VERSION.fullmatch(str(version))):
            raise _unusable(f"its manifest says {name!r} {version!r}")
    kept = [line for line in pins.splitlines() if line.split("==")[0].strip() not in libraries]
    wanted = [f"{name}=={version}" for name, version in libraries.items()]
    return "\n".join(sorted(kept + wanted)) + "\n"


def _unusable(why: str) -> InputError:
    return InputError(
        "No image can be made for this model.",
        f"The artifact was not written by this tool, or was changed: {why}.",
        "Run `sentiment-cli train` to write it again.",
        code="artifact-unusable",
    )
