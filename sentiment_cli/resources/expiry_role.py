"""The role that EventBridge Scheduler takes to delete one endpoint, and for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sentiment_cli.clients.session import Aws
from sentiment_cli.resources import Existing
from sentiment_cli.resources.names import Names
from sentiment_cli.resources.service_role import ServiceRole, allow


@dataclass(frozen=True)
class ExpiryRole(ServiceRole):
    """The role of a stage's expiry."""

    kind: ClassVar[str] = "expiry role"
    service: ClassVar[str] = "scheduler.amazonaws.com"
    taker: ClassVar[str] = "EventBridge Scheduler"
    purpose: ClassVar[str] = "delete the endpoint of"

    @property
    def name(self) -> str:
        return self.names.expiry_role

    def permissions(self, aws: Aws) -> dict[str, Any]:
        endpoint = aws.arn("sagemaker", f"endpoint/{self.names.endpoint}")
        return {"Version": "2012-10-17", "Statement": [allow("DeleteEndpoint", ["sagemaker:DeleteEndpoint"], endpoint)]}


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The role of the stage's expiry, if there is one."""
    return ExpiryRole(names).existing(aws)
