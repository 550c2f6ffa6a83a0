"""A role that a service of AWS takes for a stage, with one inline policy; its kinds say which service, and for what."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import code_of, or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused
from sentiment_cli.events import Emit, Progress
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.names import PROJECT_TAG, STAGE_TAG, Names, tag_list

POLICY = "sentiment-cli"
GONE = "NoSuchEntity"
# IAM is eventually consistent: a role made a moment ago is unknown elsewhere for 10 to 30 s, rarely for 60.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
PATIENCE = 120.0  # seconds


def trust(service: str) -> dict[str, Any]:
    """The trust policy that lets `service` ("sagemaker.amazonaws.com") take a role."""
    taken = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [taken]}


def once_known(
    aws: Aws, call: Callable[[], Any], is_unknown: Callable[[Exception], bool], emit: Emit, seconds: float = PATIENCE
) -> Any:
    """What `call` returns, which gives a role to a service; tried again while AWS does not know a new role everywhere.

    Raises the last error after so many `seconds`, any other at once.
    """
    return aws.insist(
        call, is_unknown, seconds=seconds, first=2.0, longest=10.0,
        told=lambda tries: emit(Progress("Waiting until AWS knows the new role,", tries, None, "tries")),
    )  # fmt: skip


def allow(sid: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    """A statement of a policy."""
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


@dataclass(frozen=True)
class ServiceRole:
    """What all of these roles have in common."""

    kind: ClassVar[str] = ""
    usual: ClassVar[str] = ""
    service: ClassVar[str] = ""
    taker: ClassVar[str] = ""
    """The service's name for people."""
    purpose: ClassVar[str] = ""
    """What it takes the role for: "host"."""

    names: Names

    @property
    def name(self) -> str:
        raise NotImplementedError

    def permissions(self, aws: Aws) -> dict[str, Any]:
        """What the role may do, as a policy."""
        raise NotImplementedError

    def arn(self, aws: Aws) -> str:
        """The role's ARN, known before it exists."""
        return aws.arn("iam", f"role/{self.name}", region=False)

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        iam = aws.client("iam")
        role = or_none(lambda: iam.get_role(RoleName=self.name)["Role"], GONE)
        if role is None:
            return None
        held = or_none(lambda: iam.get_role_policy(RoleName=self.name, PolicyName=POLICY), GONE)
        tags = {each["Key"]: each["Value"] for each in role.get("Tags", [])}
        return {
            "trust": role["AssumeRolePolicyDocument"],
            "policy": held and held["PolicyDocument"],
            "tags": tags,
            "since": role["CreateDate"],
            "ours": self.permissions(aws),
        }

    def compare(self, found: Mapping[str, Any]) -> Decision:
        if found["tags"].get(PROJECT_TAG, self.names.project) != self.names.project:
            raise _of_others(self.name, found["tags"][PROJECT_TAG])
        if found["trust"] != trust(self.service):
            return Decision("update", f"{self.taker} may not take it")
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
                AssumeRolePolicyDocument=json.dumps(trust(self.service)),
                Description=f"Taken by {self.taker} to {self.purpose} {self.names.prefix}; made by sentiment-cli.",
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
        if found["trust"] != trust(self.service):
            iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(trust(self.service)))
        if not self.names.tags.items() <= found["tags"].items():
            iam.tag_role(RoleName=self.name, Tags=tag_list(self.names.tags))
        if found["policy"] != found["ours"]:
            self._permit(aws)

    def existing(self, aws: Aws) -> list[Existing]:
        """The role, if it is there and no other project's or stage's tags are on it."""
        found = self.describe(aws)
        if found is None or found["tags"].get(PROJECT_TAG, self.names.project) != self.names.project:
            return []
        if found["tags"].get(STAGE_TAG, self.names.stage) != self.names.stage:
            return []
        return [Existing(self.kind, self.name, lambda emit: delete(aws, self.name), since=found["since"])]

    def _adopt(self, aws: Aws, emit: Emit) -> None:
        """Complete what is there already, unless it is somebody else's."""
        found = self.describe(aws)
        if found is not None and self.compare(found).action != "keep":
            self.update(aws, found, emit)

    def _permit(self, aws: Aws) -> None:
        document = json.dumps(self.permissions(aws))
        aws.client("iam").put_role_policy(RoleName=self.name, PolicyName=POLICY, PolicyDocument=document)


def delete(aws: Aws, name: str) -> None:
    """Remove the role with all that hangs on it; gone already is no error."""
    iam = aws.client("iam")
    held = or_none(lambda: iam.list_role_policies(RoleName=name)["PolicyNames"], GONE) or []
    for each in held:
        or_none(lambda each=each: iam.delete_role_policy(RoleName=name, PolicyName=each), GONE)  # type: ignore[misc]
    attached = or_none(lambda: iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"], GONE) or []
    for each in attached:
        or_none(lambda arn=each["PolicyArn"]: iam.detach_role_policy(RoleName=name, PolicyArn=arn), GONE)  # type: ignore[misc]
    or_none(lambda: iam.delete_role(RoleName=name), GONE)


def _of_others(name: str, project: str) -> Refused:
    return Refused(
        f"The role {name} belongs to another project.",
        f"Its tags name the project {project!r}.",
        "Choose another project name in sentiment.toml, or another --stage.",
        code="role-taken",
    )
