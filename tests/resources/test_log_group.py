"""The endpoint's log group: made before SageMaker makes it, kept as long as the user wants, and read from its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sentiment_cli.clients.session import Aws
from sentiment_cli.events import ignore
from sentiment_cli.resources import log_group
from sentiment_cli.resources.log_group import DAYS, LogGroup, last_lines
from sentiment_cli.resources.names import STAGE_TAG, Names


@pytest.fixture
def made(aws: Aws, names: Names) -> LogGroup:
    one = LogGroup(names)
    one.create(aws, ignore)
    return one


def found(aws: Aws, one: LogGroup) -> Mapping[str, Any]:
    seen = one.describe(aws)
    assert seen is not None
    assert time.time() - 60 < seen["since"].timestamp() <= time.time()
    return {name: value for name, value in seen.items() if name != "since"}


def write(aws: Aws, group: str, stream: str, *lines: str, ago: float = 0.0) -> None:
    """Lines in a new stream."""
    logs, at = aws.client("logs"), int((time.time() - ago) * 1000)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": at + number, "message": line} for number, line in enumerate(lines)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_what_is_made_is_kept(aws: Aws, names: Names) -> None:
    one = LogGroup(names)
    assert one.describe(aws) is None

    one.create(aws, ignore)

    assert one.name == f"/aws/sagemaker/Endpoints/{names.endpoint}"
    assert found(aws, one) == {"days": DAYS, "tags": names.tags}
    decision = one.compare(found(aws, one))
    assert (decision.action, decision.reason) == ("keep", "keeps lines for 30 days")


def test_looking_changes_nothing(aws: Aws, made: LogGroup, changes: Any) -> None:
    made.compare(found(aws, made))
    log_group.existing(aws, made.names)
    last_lines(aws, made.names)

    assert changes() == []


def test_an_attempt_that_broke_off_is_completed(aws: Aws, names: Names) -> None:
    aws.client("logs").create_log_group(logGroupName=LogGroup(names).name)  # as SageMaker makes it
    one = LogGroup(names)

    one.create(aws, ignore)
    one.create(aws, ignore)

    assert one.compare(found(aws, one)).action == "keep"


@pytest.mark.parametrize(
    ("lost", "reason", "repair"),
    [
        ("retention", "lines would be kept for ever", "PutRetentionPolicy"),
        ("tags", "tags are missing", "TagResource"),
    ],
)
def test_what_somebody_changed_is_set_right(
    aws: Aws, made: LogGroup, changes: Any, lost: str, reason: str, repair: str
) -> None:
    logs, arn = aws.client("logs"), aws.arn("logs", f"log-group:{made.name}")
    logs.tag_resource(resourceArn=arn, tags={"cost-centre": "7"})
    if lost == "retention":
        logs.delete_retention_policy(logGroupName=made.name)
    else:
        logs.untag_resource(resourceArn=arn, tagKeys=[STAGE_TAG])
    seen = found(aws, made)
    decision = made.compare(seen)
    assert (decision.action, decision.reason) == ("update", reason)
    changes()

    made.update(aws, seen, ignore)

    assert changes() == [repair]
    assert found(aws, made) == {"days": DAYS, "tags": {"cost-centre": "7", **made.names.tags}}


def test_another_number_of_days_is_the_users_choice(aws: Aws, made: LogGroup) -> None:
    aws.client("logs").put_retention_policy(logGroupName=made.name, retentionInDays=7)

    decision = made.compare(found(aws, made))

    assert (decision.action, decision.reason) == ("keep", "keeps lines for 7 days")


def test_only_its_own_stage_finds_it(aws: Aws, made: LogGroup) -> None:
    longer = replace(made.names, stage="devel")
    assert log_group.existing(aws, replace(made.names, stage="de")) == []
    assert log_group.existing(aws, longer) == []
    LogGroup(longer).create(aws, ignore)

    assert [each.name for each in log_group.existing(aws, made.names)] == [made.name]


def test_it_is_removed_once_only(aws: Aws, made: LogGroup) -> None:
    (one,) = log_group.existing(aws, made.names)

    one.delete(ignore)
    one.delete(ignore)

    assert log_group.existing(aws, made.names) == []


def test_the_last_lines_are_the_last_however_many_there_are(aws: Aws, made: LogGroup) -> None:
    write(aws, made.name, "AllTraffic/i-1", *(f"line {number}" for number in range(1500)))

    assert last_lines(aws, made.names, 3) == ["line 1497", "line 1498", "line 1499"]


def test_the_last_lines_are_of_the_container_that_was_started_last(aws: Aws, made: LogGroup) -> None:
    write(aws, made.name, "AllTraffic/i-old", "serving", "serving still")
    time.sleep(0.01)  # streams are told apart by the millisecond
    write(aws, made.name, "AllTraffic/i-new", "cannot load the model\n", ago=1)

    assert last_lines(aws, made.names) == ["cannot load the model"]


def test_where_nothing_was_written_there_are_no_lines(aws: Aws, made: LogGroup) -> None:
    assert last_lines(aws, made.names) == []
    log_group.delete(aws, made.name)
    assert last_lines(aws, made.names) == []
