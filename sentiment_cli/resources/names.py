"""Every name on AWS, made of project, stage, account and region; what is made of content carries a digest of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROJECT_TAG, STAGE_TAG, VERSION_TAG = "sentiment-cli:project", "sentiment-cli:stage", "sentiment-cli:version"
REGION_TAG = "sentiment-cli:region"  # on roles, which AWS knows no region of
STAGE_PATTERN = r"^[a-z][a-z0-9]*$"  # no hyphen: PROJECT-STAGE can then mean one project and one stage only
STAGE_MAX = 12  # with a project name of 32 and a digest of 10 characters it stays within SageMaker's 63


@dataclass(frozen=True)
class Names:
    """The names of a stage."""

    project: str
    stage: str
    account: str
    region: str

    @property
    def prefix(self) -> str:
        """Begins every other name; also the name of the endpoint and of the Lambda function."""
        return f"{self.project}-{self.stage}"

    @property
    def execution_role(self) -> str:
        """The role that SageMaker takes to read the artifact and pull the image. Roles are the same in every region, so
        the region is in the name, as a digest: a stage elsewhere has its own."""
        return f"{self.prefix}-sagemaker-{digest({'region': self.region})[:6]}"

    @property
    def expiry_role(self) -> str:
        """The role that EventBridge Scheduler takes to delete the endpoint; of one region, as the other."""
        return f"{self.prefix}-expiry-{digest({'region': self.region})[:6]}"

    @property
    def expiry(self) -> str:
        """The schedule of that deletion."""
        return f"{self.prefix}-expiry"

    @property
    def bucket(self) -> str:
        """Bucket names are shared by everyone on AWS, so account and region are in it, as a digest."""
        return f"{self.prefix}-{digest({'account': self.account, 'region': self.region})}"

    @property
    def repository(self) -> str:
        """The ECR repository."""
        return f"sentiment-cli/{self.prefix}"

    @property
    def endpoint(self) -> str:
        """The endpoint keeps its name; what it serves changes."""
        return self.prefix

    @property
    def function(self) -> str:
        """The Lambda function, named by Chalice: APP-STAGE."""
        return self.prefix

    @property
    def tags(self) -> dict[str, str]:
        """On everything that takes tags."""
        return {PROJECT_TAG: self.project, STAGE_TAG: self.stage}


def digest(content: Mapping[str, Any]) -> str:
    """Ten hexadecimal characters that change with `content`, which must be plain JSON values."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most of AWS wants them: [{"Key": ..., "Value": ...}]."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
