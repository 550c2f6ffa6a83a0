"""Builds the inference image if the engine does not have it yet, and says what went wrong where it cannot be built."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sentiment_cli.clients.docker_troubles import cause
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, LogLine, Progress
from sentiment_cli.image import context
from sentiment_cli.image.network import Network, network
from sentiment_cli.redaction import without_secrets

if TYPE_CHECKING:
    from sentiment_cli.clients.docker import Engine
    from sentiment_cli.clients.docker_values import Image
    from sentiment_cli.image.recipes import Recipe

SOURCE = "docker build"
SHOWN_LINES = 8  # of the build's end, in an error
SEARCHED_LINES = 80  # of the build's end, for a cause

_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)", re.DOTALL)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class BuildFailed(SentimentError):
    """The image could not be built; `why` ends with the build's last lines."""


def find(engine: Engine, recipe: Recipe) -> Image | None:
    """The image of `recipe`, if the engine has it for the right platform."""
    image = engine.image(recipe.name)
    return image if image and image.architecture == recipe.platform.split("/")[1] else None


def build(engine: Engine, recipe: Recipe, emit: Emit, *, environment: Mapping[str, str] | None = None) -> Image:
    """The image of `recipe`, built if the engine does not have it.

    `environment` (default: the process's) gives certificates, proxies and package indexes. Raises BuildFailed.
    """
    if existing := find(engine, recipe):
        return existing
    _run(engine, recipe, network(os.environ if environment is None else environment, emit), emit)
    image = find(engine, recipe)
    if image is None:
        raise BuildFailed(
            "The image was built for another architecture.",
            f"{recipe.platform} was asked for, which this engine did not heed.",
            "Update Docker, and switch on emulation of other platforms in its settings.",
            code="other-architecture",
        )
    return image


def _run(engine: Engine, recipe: Recipe, reach: Network, emit: Emit) -> None:
    files = dict(recipe.files)
    if reach.certificates:
        files["ca-bundle.crt"] = reach.certificates
    messages = engine.build(
        context.tar(files),
        name=recipe.name,
        target=recipe.target,
        platform=recipe.platform,
        arguments={"PYTHON_VERSION": recipe.python, **reach.arguments},
        host_network=reach.host_only,
    )
    _follow(messages, emit)


def _follow(messages: Iterable[Mapping[str, Any]], emit: Emit) -> None:
    last: deque[str] = deque(maxlen=SEARCHED_LINES)
    pulled: dict[str, tuple[int, int]] = {}
    for message in messages:
        if "error" in message:
            raise _failure([*last, str(message["error"])])
        if "stream" in message:
            _tell(_plain(message["stream"]), last, emit)
        elif "progressDetail" in message:
            _tell_pull(message, pulled, emit)


def _plain(stream: str) -> str:
    return without_secrets(_COLOUR.sub("", stream)).rstrip()


def _tell(text: str, last: deque[str], emit: Emit) -> None:
    if step := _STEP.match(text):
        emit(Progress("Building the image", int(step[1]), int(step[2]), "steps"))
    for line in filter(None, map(str.rstrip, text.splitlines())):
        last.append(line)
        emit(LogLine(SOURCE, line))


def _tell_pull(message: Mapping[str, Any], pulled: dict[str, tuple[int, int]], emit: Emit) -> None:
    """Bytes of the base image so far, over all its layers that have said how large they are."""
    detail = message["progressDetail"]
    if message.get("status") != "Downloading" or not detail.get("total"):
        return
    pulled[message.get("id", "")] = (detail.get("current", 0), detail["total"])
    done, total = (sum(sizes) for sizes in zip(*pulled.values(), strict=True))
    emit(Progress("Pulling the base image", done, total, "bytes"))


def _failure(lines: list[str]) -> BuildFailed:
    lines = [_plain(line) for line in lines]
    known = cause("\n".join(lines))
    shown = "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:])
    why = known.why if known else "One of its steps failed."
    fix = known.fix if known else "Read the lines above; `--verbose` shows the whole build."
    return BuildFailed(
        "The inference image could not be built.", f"{why} Its last lines:\n{shown}", fix,
        code=known.code if known else "build-failed",
    )  # fmt: skip
