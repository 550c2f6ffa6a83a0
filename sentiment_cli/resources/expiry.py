"""When AWS deletes the endpoint by itself, whatever becomes of this machine: a schedule that is met once.

EventBridge Scheduler calls SageMaker's DeleteEndpoint, and removes the schedule after that:
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import code_of, or_none, says
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused, SentimentError
from sentiment_cli.events import Emit
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.expiry_role import ExpiryRole
from sentiment_cli.resources.names import Names
from sentiment_cli.resources.service_role import once_known

GONE = "ResourceNotFoundException"
EXPRESSION = "at(%Y-%m-%dT%H:%M:%S)"  # in UTC
_UNKNOWN_YET = "must allow AWS EventBridge Scheduler to assume the role"


@dataclass(frozen=True)
class Expiry:
    """The end of a stage's endpoint, `at` a moment with its time zone."""

    kind: ClassVar[str] = "expiry"
    usual: ClassVar[str] = ""

    names: Names
    at: datetime

    @property
    def name(self) -> str:
        return self.names.expiry

    @property
    def reason(self) -> str:
        """What the plan says of it."""
        return f"the endpoint is deleted at {written(self.at)}"

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        return describe(aws, self.names)

    def compare(self, found: Mapping[str, Any]) -> Decision:
        same = moment(found) == self.at.replace(microsecond=0) and found.get("State", "ENABLED") == "ENABLED"
        return Decision("keep" if same else "update", self.reason)

    def create(self, aws: Aws, emit: Emit) -> None:
        from botocore.exceptions import ClientError

        try:
            self._write(aws, "create_schedule", emit)
        except ClientError as error:
            if code_of(error) != "ConflictException":
                raise
            self.update(aws, self.describe(aws) or {}, emit)

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        from botocore.exceptions import ClientError

        try:
            self._write(aws, "update_schedule", emit)
        except ClientError as error:
            if code_of(error) != GONE:
                raise
            raise SentimentError(
                f"The endpoint {self.names.endpoint} expired just now.",
                "Its schedule was met, and is gone, while it was to be moved.",
                "Run the command again: it puts the endpoint back.",
                code="expired",
            ) from error

    def _write(self, aws: Aws, operation: str, emit: Emit) -> None:
        request = self._request(aws)
        once_known(aws, lambda: getattr(aws.client("scheduler"), operation)(**request), _role_is_unknown, emit)

    def _request(self, aws: Aws) -> dict[str, Any]:
        return {
            "Name": self.name,
            "Description": f"Deletes the endpoint {self.names.endpoint}; made by sentiment-cli.",
            "ScheduleExpression": self.at.astimezone(UTC).strftime(EXPRESSION),
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": _target(aws),
                "RoleArn": ExpiryRole(self.names).arn(aws),
                "Input": json.dumps({"EndpointName": self.names.endpoint}),
            },
        }


def describe(aws: Aws, names: Names) -> Mapping[str, Any] | None:
    """What AWS says of the stage's expiry; None if there is none. Raises Refused for a schedule of somebody else."""
    found = _found(aws, names)
    if found is not None and not _is_ours(aws, names, found):
        raise Refused(
            f"There is a schedule {names.expiry} that is not of this project.",
            "It does something else than delete the stage's endpoint, and schedules carry no tags.",
            "Choose another project name or --stage, or remove that schedule.",
            code="name-taken",
        )
    return found


def moment(found: Mapping[str, Any]) -> datetime | None:
    """When the endpoint is deleted; None for a schedule that was made otherwise."""
    try:
        return datetime.strptime(str(found.get("ScheduleExpression")), EXPRESSION).replace(tzinfo=UTC)
    except ValueError:
        return None


def written(at: datetime) -> str:
    """2026-11-28 20:00 UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def told(at: datetime) -> tuple[str, str]:
    """The row of a card that tells of it."""
    return "expires", f"{written(at)}: AWS deletes the endpoint then"


def delete(aws: Aws, name: str) -> None:
    """Remove the schedule; gone already, as after it was met, is no error."""
    or_none(lambda: aws.client("scheduler").delete_schedule(Name=name), GONE)


def seen(aws: Aws, names: Names) -> Mapping[str, Any] | None:
    """The stage's expiry, for who only looks; None also where it is another's.

    Who never asked for an end needs no right to look for one: that it is denied counts only where the end's role is.
    """
    from botocore.exceptions import ClientError

    try:
        found = _found(aws, names)
    except ClientError as error:
        if code_of(error) != "AccessDeniedException" or ExpiryRole(names).describe(aws) is not None:
            raise
        return None
    return found if found is not None and _is_ours(aws, names, found) else None


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The stage's expiry, if there is one."""
    found = seen(aws, names)
    if found is None:
        return []
    at = moment(found)
    state = f"at {written(at)}" if at else str(found.get("State", "exists"))
    made = found.get("CreationDate")
    return [Existing(Expiry.kind, names.expiry, lambda emit: delete(aws, names.expiry), state=state, since=made)]


def _found(aws: Aws, names: Names) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = or_none(lambda: aws.client("scheduler").get_schedule(Name=names.expiry), GONE)
    return found


def _is_ours(aws: Aws, names: Names, found: Mapping[str, Any]) -> bool:
    target = found["Target"]
    return target["Arn"] == _target(aws) and json.dumps(names.endpoint) in str(target.get("Input"))


def _target(aws: Aws) -> str:
    return f"arn:{aws.partition}:scheduler:::aws-sdk:sagemaker:deleteEndpoint"


def _role_is_unknown(error: Exception) -> bool:
    return says(error, "ValidationException", _UNKNOWN_YET)
