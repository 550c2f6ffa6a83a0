"""A sandbox that runs, as everybody else sees it: where it is, how to get in, and what it says of itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sentiment_cli.errors import SentimentError
from sentiment_cli.sandbox.access_log import NAME

ACCOUNT = "123456789012"
REGION = "us-east-1"
ANSWER_SECONDS = 60.0  # many resources are many questions


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs."""

    url: str
    id: str
    pid: int
    engine: Literal["docker", "process"]
    access_key: str
    secret_key: str
    folder: Path
    started: float
    account: str = ACCOUNT
    region: str = REGION

    @property
    def access_log(self) -> Path:
        """A JSON object for every request: time, service, operation, resource, action, status, ..."""
        return self.folder / NAME

    def environment(self) -> dict[str, str]:
        """What makes any AWS client talk to the sandbox; a profile or session token must not be set beside it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            **_no_proxy(),
        }

    def about(self) -> dict[str, dict[str, int]]:
        """How many `requests` there were by service, and `resources` there are by kind."""
        found: dict[str, dict[str, int]] = self._ask("GET", "")
        return found

    def faults(self) -> list[dict[str, Any]]:
        """The trouble that is still to come."""
        found: list[dict[str, Any]] = self._ask("GET", "/faults")
        return found

    def add_fault(self, kind: str, on: str = "*", *, times: int = 1, seconds: float = 0.0, skip: int = 0) -> None:
        """Let requests to `on` ("sagemaker:CreateEndpoint", * for any) meet trouble; `faults` tells of which kinds."""
        self._ask("POST", "/faults", {"kind": kind, "on": on, "times": times, "seconds": seconds, "skip": skip})

    def clear_faults(self) -> None:
        """No more trouble."""
        self._ask("DELETE", "/faults")

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        import httpx

        try:
            with httpx.Client(trust_env=False, timeout=ANSWER_SECONDS) as client:
                headers = {"X-Sandbox-Internal": self.id}
                answer = client.request(method, f"{self.url}/_sandbox{path}", json=content, headers=headers)
                return answer.raise_for_status().json()
        except httpx.HTTPError as error:
            raise SentimentError(
                "The sandbox does not answer.",
                f"{self.url}: {error}.",
                "End it with `sentiment-cli sandbox down`, then start it again.",
                code="sandbox-silent",
            ) from error


def _no_proxy() -> dict[str, str]:
    """Where a proxy is set it must not be asked for the sandbox, which is on this machine alone."""
    if not any(name.lower() in ("http_proxy", "all_proxy") for name in os.environ):
        return {}
    set_before = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = ",".join(filter(None, (set_before, "127.0.0.1")))
    return {"no_proxy": hosts, "NO_PROXY": hosts}
