"""A push of an image, told as it goes and tried again where that helps; what is in the registry already is not sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sentiment_cli.clients import docker_troubles
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Interrupted, SentimentError
from sentiment_cli.events import Emit, Note, Progress

if TYPE_CHECKING:
    from sentiment_cli.clients.docker import Engine

TRIES = 3
PAUSE_SECONDS = 3.0

# What a registry says for a tag that may not be moved, and has been pushed in the meantime.
_TAKEN = r"cannot be overwritten because the (tag|repository) is immutable"
_AGAIN = (
    r"token has expired|no basic auth credentials|unexpected HTTP status: 5\d\d|toomanyrequests|blob upload (unknown|"
    r"invalid)|unexpected EOF|answered (401|403|429) without a word"
)
# Docker's words for a refusal of a HEAD request, which has no body that could say why: an expired login is one of them.
_WORDLESS = r"error parsing HTTP (\d+) response body: unexpected end of JSON input.*"
_ENDED = ("Pushed", "Layer already exists", "Mounted from")


def push(aws: Aws, engine: Engine, image: str, repository: str, tag: str, emit: Emit) -> None:
    """Push `image` as "repository:tag"; done already is no error. Each try has a login of its own.

    Raises SentimentError, Interrupted when the user wants to leave.
    """
    engine.tag(image, repository, tag)
    try:
        for attempt in range(1, TRIES + 1):
            user, password = _login(aws)
            said = _follow(engine.push(repository, tag, user=user, password=password), emit)
            if said is None or re.search(_TAKEN, said):
                return
            if attempt == TRIES or not _worth_another_try(said):
                raise _failure(repository, said)
            emit(Note(f"The push broke off ({said.rstrip('.')}); trying again.", "warning"))
            if aws.leaving.wait(PAUSE_SECONDS * attempt):
                raise Interrupted("Left while pushing the image.", code="interrupted")
    finally:
        with suppress(SentimentError):
            engine.untag(f"{repository}:{tag}")


def _login(aws: Aws) -> tuple[str, str]:
    """User and password; they hold for 12 hours and are kept nowhere."""
    given = aws.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(given).decode().partition(":")
    return user, password


@dataclass
class _Layers:
    """How far each layer is."""

    bytes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Sent and total, of those that have to be sent."""
    ended: dict[str, bool] = field(default_factory=dict)

    def take(self, message: Mapping[str, Any]) -> None:
        layer, status = message["id"], message["status"]
        self.ended[layer] = status.startswith(_ENDED)
        total = (message.get("progressDetail") or {}).get("total")
        if status == "Pushing" and total:
            self.bytes[layer] = (min(message["progressDetail"].get("current", 0), total), total)
        elif status == "Pushed" and layer in self.bytes:
            self.bytes[layer] = (self.bytes[layer][1],) * 2

    def progress(self) -> Progress:
        done, total = (sum(sizes) for sizes in zip(*self.bytes.values(), strict=True))
        number = min(sum(self.ended.values()) + 1, len(self.ended))
        return Progress(f"Pushing layer {number} of {len(self.ended)},", done, total, "bytes")


def _follow(messages: Iterable[Mapping[str, Any]], emit: Emit) -> str | None:
    """What the push failed with, in the engine's or the registry's words; None if it is done."""
    layers = _Layers()
    for message in messages:
        if "error" in message:
            return re.sub(_WORDLESS, r"it answered \1 without a word", str(message["error"]).strip())
        if "id" in message and "status" in message:
            layers.take(message)
            if layers.bytes:
                emit(layers.progress())
    return None


def _worth_another_try(said: str) -> bool:
    known = docker_troubles.cause(said)
    return bool(re.search(_AGAIN, said, re.IGNORECASE)) or (known is not None and known.code == "network")


def _failure(repository: str, said: str) -> SentimentError:
    code, why, fix = _why(said)
    return SentimentError(f"The image could not be pushed to {repository}.", why, fix, code=code)


def _why(said: str) -> tuple[str, str, str]:
    sentence = f"The registry says: {said.rstrip('.')}."
    if re.search(r"does not exist|name unknown", said, re.IGNORECASE):
        return "repository-gone", sentence, "Run `sentiment-cli deploy` again: it makes the repository anew."
    if re.search(r"token has expired|no basic auth|401", said, re.IGNORECASE):
        return "push-login", sentence, "Check this machine's clock, then run `sentiment-cli deploy` again."
    if re.search(r"toomanyrequests|\b429\b", said, re.IGNORECASE):
        return "push-throttled", f"ECR takes no more requests from this account for now ({said.rstrip('.')}).", (
            "Run `sentiment-cli deploy` again in some minutes: layers that have arrived are not sent again."
        )  # fmt: skip
    if re.search(r"denied|not authorized|forbidden|403", said, re.IGNORECASE):
        return "push-denied", sentence, "Ask for the permissions that `sentiment-cli policy` prints."
    if "x509: " in said:
        return "registry-certificate", sentence, (
            "Add your company's certificate to those that Docker trusts, and restart Docker."
        )  # fmt: skip
    if known := docker_troubles.cause(said):
        return known.code, f"{known.why} ({said.rstrip('.')})", known.fix
    return "push-failed", sentence, "Run `sentiment-cli deploy` again: layers that have arrived are not sent again."
