"""The role that SageMaker takes: reads one bucket, pulls one repository, writes its own logs and metrics, no more.

The permissions: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import code_of, or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused
from sentiment_cli.events import Emit
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.names import PROJECT_TAG, STAGE_TAG, Names, tag_list

POLICY = "sentiment-cli"
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_GONE = "NoSuchEntity"


@dataclass(frozen=True)
class ExecutionRole:
    """The execution role of a stage."""

    kind: ClassVar[str] = "execution role"
    usual: ClassVar[str] = ""

    names: Names

    @property
    def name(self) -> str:
        return self.names.execution_role

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        iam = aws.client("iam")
        role = or_none(lambda: iam.get_role(RoleName=self.name)["Role"], _GONE)
        if role is None:
            return None
        held = or_none(lambda: iam.get_role_policy(RoleName=self.name, PolicyName=POLICY), _GONE)
        tags = {each["Key"]: each["Value"] for each in role.get("Tags", [])}
        return {
            "trust": role["AssumeRolePolicyDocument"],
            "policy": held and held["PolicyDocument"],
            "tags": tags,
            "since": role["CreateDate"],
            "ours": policy(aws, self.names),
        }

    def compare(self, found: Mapping[str, Any]) -> Decision:
        if found["tags"].get(PROJECT_TAG, self.names.project) != self.names.project:
            raise _of_others(self.name, found["tags"][PROJECT_TAG])
        if found["trust"] != TRUST:
            return Decision("update", "SageMaker may not take it")
        if found["policy"] != found["ours"]:
            return Decision("update", "other permissions")
        if not self.names.tags.items() <= found["tags"].items():
            return Decision("update", "tags are missing")
        return Decision("keep", "same permissions")

    def create(self, aws: Aws, emit: Emit) -> None:
        from botocore.exceptions import ClientError

        try:
            aws.client("iam").create_role(
                RoleName=self.name,
                AssumeRolePolicyDocument=json.dumps(TRUST),
                Description=f"Taken by SageMaker to host {self.names.prefix}; made by sentiment-cli.",
                Tags=tag_list(self.names.tags),
            )
        except ClientError as error:
            if code_of(error) != "EntityAlreadyExists":
                raise
            self._adopt(aws, emit)
        else:
            self._permit(aws)

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        iam = aws.client("iam")
        if found["trust"] != TRUST:
            iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(TRUST))
        if not self.names.tags.items() <= found["tags"].items():
            iam.tag_role(RoleName=self.name, Tags=tag_list(self.names.tags))
        if found["policy"] != found["ours"]:
            self._permit(aws)

    def _adopt(self, aws: Aws, emit: Emit) -> None:
        """Complete what is there already, unless it is somebody else's."""
        found = self.describe(aws)
        if found is not None and self.compare(found).action != "keep":
            self.update(aws, found, emit)

    def _permit(self, aws: Aws) -> None:
        document = json.dumps(policy(aws, self.names))
        aws.client("iam").put_role_policy(RoleName=self.name, PolicyName=POLICY, PolicyDocument=document)


def arn(aws: Aws, names: Names) -> str:
    """The role's ARN, known before it exists."""
    return aws.arn("iam", f"role/{names.execution_role}", region=False)


def policy(aws: Aws, names: Names) -> dict[str, Any]:
    """What the role may do."""
    bucket = f"arn:{aws.partition}:s3:::{names.bucket}"
    logs = aws.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{names.endpoint}")
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("ReadArtifacts", ["s3:GetObject"], f"{bucket}/*"),
            _allow("FindArtifacts", ["s3:ListBucket"], bucket),
            _allow(
                "PullImage",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                aws.arn("ecr", f"repository/{names.repository}"),
            ),
            # ECR's login and CloudWatch's metrics know no resources.
            _allow("LogInToEcr", ["ecr:GetAuthorizationToken"], "*"),
            {
                **_allow("WriteMetrics", ["cloudwatch:PutMetricData"], "*"),
                "Condition": {"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker*", "/aws/sagemaker/*"]}},
            },
            _allow(
                "WriteLogs",
                ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                [logs, f"{logs}:*"],
            ),
        ],
    }


def delete(aws: Aws, name: str) -> None:
    """Remove the role with all that hangs on it; gone already is no error."""
    iam = aws.client("iam")
    held = or_none(lambda: iam.list_role_policies(RoleName=name)["PolicyNames"], _GONE) or []
    for each in held:
        or_none(lambda each=each: iam.delete_role_policy(RoleName=name, PolicyName=each), _GONE)  # type: ignore[misc]
    attached = or_none(lambda: iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"], _GONE) or []
    for each in attached:
        or_none(lambda arn=each["PolicyArn"]: iam.detach_role_policy(RoleName=name, PolicyArn=arn), _GONE)  # type: ignore[misc]
    or_none(lambda: iam.delete_role(RoleName=name), _GONE)


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The stage's execution role, if there is one."""
    role = ExecutionRole(names)
    found = role.describe(aws)
    if found is None or found["tags"].get(PROJECT_TAG, names.project) != names.project:
        return []
    if found["tags"].get(STAGE_TAG, names.stage) != names.stage:
        return []
    return [Existing(role.kind, role.name, lambda emit: delete(aws, role.name), since=found["since"])]


def _allow(sid: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _of_others(name: str, project: str) -> Refused:
    return Refused(
        f"The role {name} belongs to another project.",
        f"Its tags name the project {project!r}.",
        "Choose another project name in sentiment.toml, or another --stage.",
        code="role-taken",
    )
