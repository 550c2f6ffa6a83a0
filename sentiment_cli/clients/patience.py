"""How long AWS is waited for and how often it is asked again: all of it, for every client.

botocore decides what is worth another attempt. Its pauses for a broken connection or a 5xx begin at 0.05 s and are over
within two: those are made longer here, for a network that comes back, or a service that does, takes some seconds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sentiment_cli import __version__

LONGEST = 20.0  # seconds between two attempts, as botocore has it
_STATUSES = (500, 502, 503, 504)
_CODES = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown")


@dataclass(frozen=True)
class Patience:
    """In seconds, where it is time."""

    connect: float = 10
    read: float = 60
    invoke: float = 70
    """For a prediction: the container has 60 to answer
    (https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)."""
    attempts: int = 6
    """More than botocore's three: a deployment is long, and giving up in the middle is worse than waiting."""
    pace: float = 1.0
    """What pauses and waits are multiplied with."""

    def config(self, service: str) -> Any:
        """botocore's configuration of a client."""
        from botocore.config import Config

        # A prediction is not sent again by itself: the container may still be at work on it.
        invokes = service == "sagemaker-runtime"
        return Config(
            retries={"mode": "standard", "total_max_attempts": 1 if invokes else self.attempts},
            connect_timeout=self.connect,
            read_timeout=self.invoke if invokes else self.read,
            max_pool_connections=20,
            user_agent_extra=f"sentiment-cli/{__version__}",
        )

    def teach(self, client: Any) -> Any:
        """`client`, which from now on pauses as is said here."""
        if client.meta.config.retries["total_max_attempts"] > 1:
            service = client.meta.service_model.service_id.hyphenize()
            client.meta.events.register_first(f"needs-retry.{service}", self.pause)
        return client

    def pause(self, attempts: int, response: Any, caught_exception: Any, **_: Any) -> float | None:
        """How long to wait after so many attempts; None leaves it to botocore whether there is another."""
        if attempts >= self.attempts or not _passes(response, caught_exception):
            return None
        longest = min(2.0 ** (attempts - 1), LONGEST) * self.pace
        return random.uniform(longest / 2, longest)  # noqa: S311 - so that many do not come back at once


def _passes(response: Any, error: Any) -> bool:
    from botocore import exceptions

    if response is None:
        return isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError))
    http, parsed = response
    said: Mapping[str, Any] = (parsed or {}).get("Error") or {}
    return http.status_code in _STATUSES or said.get("Code") in _CODES
