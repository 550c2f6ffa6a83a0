"""What the environment may say about the server, with every default and its reason; nothing else reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server_image import cpus
from server_image.logs import LEVELS


class SettingsError(Exception):
    """A variable has a value that cannot be meant; the message is a full sentence that names it."""


@dataclass(frozen=True)
class Limits:
    """How much one request may ask for, and for how long, and how much all of them."""

    body: int = 25 * 1024 * 1024
    """Bytes of a request's body: what SageMaker lets through in real time (MODEL_SERVER_MAX_BODY)."""
    waiting: int = 256 * 1024 * 1024
    """Bytes of the bodies that a process holds at once, those that still arrive among them (MODEL_SERVER_MAX_WAITING);
    what exceeds it gets 503. A single body may always be as large as `body` says."""
    rows: int = 500_000
    """Texts in one request (MODEL_SERVER_MAX_ROWS)."""
    text: int = 100_000
    """Characters in one text (MODEL_SERVER_MAX_TEXT)."""
    seconds: float = 60.0
    """Seconds for a request to arrive whole, and again for it to be scored (MODEL_SERVER_TIMEOUT).

    A request that arrives too slowly gets 408, one whose scoring takes too long 413, and a worker that does not even
    get that far is replaced. SageMaker itself waits 60 seconds for an answer."""


@dataclass(frozen=True)
class Settings:
    """Where the server listens, what it serves and with how many processes."""

    model_dir: Path = Path("/opt/ml/model")
    host: str = "0.0.0.0"  # noqa: S104 - a container must be reachable from outside itself
    port: int = 8080
    workers: int = 1
    threads: int = 1
    """Requests scored at once in a process. Python runs one at a time anyway: more threads cost more than they give."""
    playground: bool = False
    log_level: str = "info"
    limits: Limits = Limits()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises SettingsError."""
        take = _Reader(environment)
        return cls(
            model_dir=Path(environment.get("MODEL_SERVER_MODEL_DIR") or cls.model_dir),
            host=environment.get("MODEL_SERVER_HOST") or cls.host,
            port=take.whole("SAGEMAKER_BIND_TO_PORT", cls.port, 0, 65_535),
            workers=take.whole("MODEL_SERVER_WORKERS", None, 1, 512) or cpus.available(),
            threads=take.whole("MODEL_SERVER_THREADS", cls.threads, 1, 64),
            playground=take.choice("MODEL_SERVER_PLAYGROUND", "0", ("0", "1")) == "1",
            log_level=take.choice("MODEL_SERVER_LOG_LEVEL", cls.log_level, tuple(LEVELS)),
            limits=_limits(take),
        )


def _limits(take: _Reader) -> Limits:
    # In a batch transform job the caller may have asked for payloads of up to 100 MB.
    batch_payload = take.whole("SAGEMAKER_MAX_PAYLOAD_IN_MB", 0, 0, 100) * 1024 * 1024
    return Limits(
        body=take.whole("MODEL_SERVER_MAX_BODY", max(Limits.body, batch_payload), 1024, 1024**3),
        waiting=take.whole("MODEL_SERVER_MAX_WAITING", Limits.waiting, 1024, 2**40),
        rows=take.whole("MODEL_SERVER_MAX_ROWS", Limits.rows, 1, 10**8),
        text=take.whole("MODEL_SERVER_MAX_TEXT", Limits.text, 1, 10**8),
        seconds=take.whole("MODEL_SERVER_TIMEOUT", int(Limits.seconds), 1, 3600),
    )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def whole(self, name: str, default: int | None, least: int, most: int) -> int:
        """An empty or missing variable is `default`, where None stands for 0."""
        text = self._environment.get(name, "").strip()
        if not text:
            return default or 0
        if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= most:
            raise SettingsError(f"{name} is {text[:60]!r}; it must be a whole number from {least} to {most}.")
        return int(text)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        text = self._environment.get(name, "").strip().lower() or default
        if text not in allowed:
            raise SettingsError(f"{name} is {text[:60]!r}; it must be one of {', '.join(allowed)}.")
        return text
