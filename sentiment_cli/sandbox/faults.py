"""Trouble on demand: which requests of a sandbox fail, and how, so that a program can show what it does then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Literal, get_args

import msgspec

from sentiment_cli.sandbox import rights
from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.operations import OF_SERVERS
from sentiment_cli.sandbox.reading import Asked

Kind = Literal[
    "throttle", "error", "unavailable", "denied", "expired", "skewed", "quota", "slow", "drop", "lost",
    "slow-start", "no-capacity", "unhealthy",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests to `on` meet trouble of a `kind`."""

    kind: Kind
    """`slow` is answered after `seconds`; `drop` breaks the connection; `lost` does the work, then breaks it.

    The kinds of OF_SERVERS are met by the servers that a CreateEndpoint or UpdateEndpoint starts."""
    on: str = "*"
    """"sagemaker:CreateEndpoint"; * and ? stand for anything."""
    times: int = 1
    """How often; 0 is always."""
    seconds: float = 0.0
    """To wait first; for `lost`, between the work and the end of the connection."""
    skip: int = 0
    """How many requests that fit pass before the first that meets it."""


class Dropped(ConnectionResetError):
    """The connection breaks without an answer."""


class Faults:
    """The rules of one sandbox, the first that fits is taken."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> None:
        """Add a rule after the others."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Forget every rule."""
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[Rule]:
        """What is still to come."""
        with self._lock:
            return list(self._rules)

    def meet(self, asked: Asked, action: str, who: str) -> Rule | None:
        """What a request meets: nothing, a wait, a Fault, Dropped; the rule by which its answer is to be lost."""
        rule = self._take(f"{asked.service}:{asked.name}", of_servers=False)
        if rule is None or rule.kind == "lost":
            return rule
        time.sleep(rule.seconds)
        if rule.kind == "drop":
            raise Dropped
        if rule.kind in TOLD:
            raise TOLD[rule.kind](asked, action, who)
        return None

    def start(self, name: str) -> Rule | None:
        """What the servers meet that the operation `name` starts."""
        return self._take(name, of_servers=True)

    def _take(self, name: str, *, of_servers: bool) -> Rule | None:
        with self._lock:
            for place, rule in enumerate(self._rules):
                if fnmatchcase(name, rule.on) and (rule.kind in OF_SERVERS) is of_servers:
                    if rule.skip:
                        self._rules[place] = msgspec.structs.replace(rule, skip=rule.skip - 1)
                        continue
                    self._count(place, rule)
                    return rule
        return None

    def _count(self, place: int, rule: Rule) -> None:
        if rule.times == 1:
            del self._rules[place]
        elif rule.times > 1:
            self._rules[place] = msgspec.structs.replace(rule, times=rule.times - 1)


def _throttle(asked: Asked, _action: str, _who: str) -> Fault:
    if asked.service == "s3":
        return Fault("SlowDown", "Please reduce your request rate.", 503)
    if asked.service in ("lambda", "apigateway"):
        return Fault("TooManyRequestsException", "Rate exceeded", 429)
    return Fault("Throttling" if asked.protocol == "query" else "ThrottlingException", "Rate exceeded")


def _error(asked: Asked, _action: str, _who: str) -> Fault:
    if asked.service == "s3":
        return Fault("InternalError", "We encountered an internal error. Please try again.", 500)
    return Fault("InternalFailure", "The request processing has failed because of an unknown error.", 500)


def _unavailable(_asked: Asked, _action: str, _who: str) -> Fault:
    return Fault("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503)


def _denied(asked: Asked, action: str, who: str) -> Fault:
    return rights.denied(asked, f"arn:aws:iam::{who}:user/sandbox", action, None)


def _expired(asked: Asked, _action: str, _who: str) -> Fault:
    plain = asked.service == "s3" or asked.protocol == "query"
    code = "ExpiredToken" if plain else "ExpiredTokenException"
    return Fault(code, "The security token included in the request is expired", 400)


def _skewed(asked: Asked, _action: str, _who: str) -> Fault:
    if asked.service == "s3":
        text = "The difference between the request time and the current time is too large."
        return Fault("RequestTimeTooSkewed", text, 403)
    code = "SignatureDoesNotMatch" if asked.protocol == "query" else "InvalidSignatureException"
    text = "Signature expired: 20240101T000000Z is now earlier than 20240101T001000Z (20240101T001500Z - 5 min.)"
    return Fault(code, text, 400 if asked.protocol == "json" else 403)


def _quota(asked: Asked, _action: str, _who: str) -> Fault:
    code = "ResourceLimitExceeded" if asked.service == "sagemaker" else "LimitExceededException"
    return Fault(code, f"The account-level service limit for {asked.name} is reached. Please request an increase.")


TOLD: dict[str, Callable[[Asked, str, str], Fault]] = {
    "throttle": _throttle,
    "error": _error,
    "unavailable": _unavailable,
    "denied": _denied,
    "expired": _expired,
    "skewed": _skewed,
    "quota": _quota,
}
