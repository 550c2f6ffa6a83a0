"""The role that SageMaker takes: reads one bucket, pulls one repository, writes its own logs and metrics, no more.

The permissions: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sentiment_cli.clients.session import Aws
from sentiment_cli.resources import Existing
from sentiment_cli.resources.names import Names
from sentiment_cli.resources.service_role import ServiceRole, allow


@dataclass(frozen=True)
class ExecutionRole(ServiceRole):
    """The execution role of a stage."""

    kind: ClassVar[str] = "execution role"
    service: ClassVar[str] = "sagemaker.amazonaws.com"
    taker: ClassVar[str] = "SageMaker"
    purpose: ClassVar[str] = "host"

    @property
    def name(self) -> str:
        return self.names.execution_role

    def permissions(self, aws: Aws) -> dict[str, Any]:
        return policy(aws, self.names)


def policy(aws: Aws, names: Names) -> dict[str, Any]:
    """What the role may do."""
    bucket = f"arn:{aws.partition}:s3:::{names.bucket}"
    logs = aws.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{names.endpoint}")
    return {
        "Version": "2012-10-17",
        "Statement": [
            allow("ReadArtifacts", ["s3:GetObject"], f"{bucket}/*"),
            allow("FindArtifacts", ["s3:ListBucket"], bucket),
            allow(
                "PullImage",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                aws.arn("ecr", f"repository/{names.repository}"),
            ),
            # ECR's login and CloudWatch's metrics know no resources.
            allow("LogInToEcr", ["ecr:GetAuthorizationToken"], "*"),
            {
                **allow("WriteMetrics", ["cloudwatch:PutMetricData"], "*"),
                "Condition": {"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker*", "/aws/sagemaker/*"]}},
            },
            allow(
                "WriteLogs",
                ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                [logs, f"{logs}:*"],
            ),
        ],
    }


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The stage's execution role, if there is one."""
    return ExecutionRole(names).existing(aws)
