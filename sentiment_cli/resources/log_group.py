"""The endpoint's log group, made before it is written to: SageMaker's own is untagged and kept for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import code_of, or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.events import Emit
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.names import Names

DAYS = 30
_GONE = "ResourceNotFoundException"


@dataclass(frozen=True)
class LogGroup:
    """Where the endpoint's containers write.

    Its name: https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
    """

    kind: ClassVar[str] = "log group"
    usual: ClassVar[str] = ""

    names: Names

    @property
    def name(self) -> str:
        return f"/aws/sagemaker/Endpoints/{self.names.endpoint}"

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        logs = aws.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=self.name)["logGroups"]
        found = next((each for each in groups if each["logGroupName"] == self.name), None)
        if found is None:
            return None
        tags = logs.list_tags_for_resource(resourceArn=_arn(aws, self.name))["tags"]
        return {"days": found.get("retentionInDays"), "tags": tags, "since": made_at(found)}

    def compare(self, found: Mapping[str, Any]) -> Decision:
        if found["days"] is None:  # another number is the user's choice
            return Decision("update", "lines would be kept for ever")
        if not self.names.tags.items() <= found["tags"].items():
            return Decision("update", "tags are missing")
        return Decision("keep", f"keeps lines for {found['days']} days")

    def create(self, aws: Aws, emit: Emit) -> None:
        from botocore.exceptions import ClientError

        try:
            aws.client("logs").create_log_group(logGroupName=self.name, tags=self.names.tags)
        except ClientError as error:
            if code_of(error) != "ResourceAlreadyExistsException":
                raise
        self.update(aws, self.describe(aws) or {"days": None, "tags": {}}, emit)

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        if found["days"] is None:
            aws.client("logs").put_retention_policy(logGroupName=self.name, retentionInDays=DAYS)
        if not self.names.tags.items() <= found["tags"].items():
            aws.client("logs").tag_resource(resourceArn=_arn(aws, self.name), tags=self.names.tags)


def delete(aws: Aws, name: str) -> None:
    """Remove the log group; gone already is no error."""
    or_none(lambda: aws.client("logs").delete_log_group(logGroupName=name), _GONE)


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The log group of the stage's endpoint, if there is one."""
    group = LogGroup(names)
    found = group.describe(aws)
    if found is None:
        return []
    return [Existing(group.kind, group.name, lambda emit: delete(aws, group.name), since=found["since"])]


def made_at(group: Mapping[str, Any]) -> datetime | None:
    """When a log group was made, from AWS's milliseconds."""
    made = group.get("creationTime")
    return None if made is None else datetime.fromtimestamp(made / 1000, UTC)


def last_lines(aws: Aws, names: Names, count: int = 20) -> list[str]:
    """The last lines of the container that was started last, oldest first; none where nothing was written."""
    logs, group = aws.client("logs"), LogGroup(names).name
    streams = or_none(
        lambda: logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"],
        _GONE,
    )
    if not streams:
        return []
    newest = max(streams, key=lambda each: int(each["creationTime"]))["logStreamName"]
    found = logs.get_log_events(logGroupName=group, logStreamName=newest, limit=count, startFromHead=False)
    return [str(each["message"]).rstrip() for each in found["events"]]


def _arn(aws: Aws, name: str) -> str:
    return aws.arn("logs", f"log-group:{name}")
