"""The end of an endpoint: a schedule with a role that may do nothing else; made once, moved, removed, nobody else's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused, SentimentError
from sentiment_cli.events import ignore
from sentiment_cli.resources import expiry, expiry_role
from sentiment_cli.resources.expiry import Expiry
from sentiment_cli.resources.expiry_role import ExpiryRole
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import Sandbox

AT = datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def made(aws: Aws, names: Names) -> Expiry:
    ExpiryRole(names).create(aws, ignore)
    one = Expiry(names, AT)
    one.create(aws, ignore)
    return one


def found(aws: Aws, one: Expiry) -> Mapping[str, Any]:
    seen = one.describe(aws)
    assert seen is not None
    return seen


def test_the_role_may_delete_that_endpoint_and_nothing_else(aws: Aws, names: Names) -> None:
    role = ExpiryRole(names)
    role.create(aws, ignore)
    seen = role.describe(aws)
    assert seen is not None
    assert role.compare(seen).action == "keep"
    assert seen["trust"]["Statement"][0]["Principal"] == {"Service": "scheduler.amazonaws.com"}
    [statement] = seen["policy"]["Statement"]
    assert statement["Action"] == ["sagemaker:DeleteEndpoint"]
    assert statement["Resource"] == f"arn:aws:sagemaker:{names.region}:{names.account}:endpoint/{names.endpoint}"
    assert [each.name for each in expiry_role.existing(aws, names)] == [names.expiry_role]


def test_what_is_made_is_kept_and_asks_for_that_endpoint_once(aws: Aws, made: Expiry) -> None:
    seen = found(aws, made)
    assert made.compare(seen).action == "keep"
    assert seen["ScheduleExpression"] == "at(2040-01-02T03:04:05)"
    assert seen["ScheduleExpressionTimezone"] == "UTC"
    assert seen["ActionAfterCompletion"] == "DELETE"
    assert seen["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint"
    assert json.loads(seen["Target"]["Input"]) == {"EndpointName": made.names.endpoint}
    assert expiry.moment(seen) == AT


def test_another_moment_is_an_update(aws: Aws, made: Expiry) -> None:
    later = replace(made, at=AT + timedelta(hours=8))
    decision = later.compare(found(aws, made))
    assert (decision.action, decision.reason) == ("update", "the endpoint is deleted at 2040-01-02 11:04 UTC")
    later.update(aws, found(aws, made), ignore)
    assert later.compare(found(aws, later)).action == "keep"


def test_what_an_earlier_attempt_made_is_taken(aws: Aws, made: Expiry) -> None:
    later = replace(made, at=AT + timedelta(days=1))
    later.create(aws, ignore)
    assert expiry.moment(found(aws, later)) == later.at


def test_a_new_role_that_aws_does_not_know_yet_is_waited_for(aws: Aws, names: Names) -> None:
    import threading

    one, told = Expiry(names, AT), []
    late = threading.Timer(1.0, lambda: ExpiryRole(names).create(aws, ignore))
    late.start()
    one.create(aws, told.append)
    late.join()
    assert told
    assert one.compare(found(aws, one)).action == "keep"


def test_one_that_is_met_while_it_is_moved_says_so(aws: Aws, made: Expiry) -> None:
    seen = found(aws, made)
    expiry.delete(aws, made.name)
    with pytest.raises(SentimentError) as told:
        replace(made, at=AT + timedelta(hours=1)).update(aws, seen, ignore)
    assert told.value.code == "expired"
    assert "puts the endpoint back" in told.value.fix


def test_it_is_listed_and_removed_and_that_twice(aws: Aws, made: Expiry) -> None:
    [one] = expiry.existing(aws, made.names)
    assert (one.kind, one.name, one.state) == ("expiry", made.names.expiry, "at 2040-01-02 03:04 UTC")
    assert one.since is not None
    one.delete(ignore)
    one.delete(ignore)
    assert expiry.existing(aws, made.names) == []
    assert made.describe(aws) is None


def test_a_schedule_of_somebody_else_is_refused_and_left(aws: Aws, names: Names, made: Expiry) -> None:
    request = {**made._request(aws), "Target": {**made._request(aws)["Target"], "Input": '{"EndpointName": "other"}'}}
    aws.client("scheduler").update_schedule(**request)
    with pytest.raises(Refused) as refused:
        made.describe(aws)
    assert refused.value.code == "name-taken"
    assert expiry.existing(aws, names) == []


def test_who_may_not_look_at_schedules_sees_none_where_no_end_was_asked_for(
    aws: Aws, names: Names, running: Sandbox
) -> None:
    running.add_fault("denied", "scheduler:GetSchedule")
    assert expiry.existing(aws, names) == []
    assert running.faults() == []


def test_an_end_that_may_not_be_looked_at_is_not_passed_over(aws: Aws, made: Expiry, running: Sandbox) -> None:
    """Left behind, it would delete a later endpoint of that name."""
    running.add_fault("denied", "scheduler:GetSchedule")
    with pytest.raises(ClientError, match="AccessDenied"):
        expiry.existing(aws, made.names)
    assert len(expiry.existing(aws, made.names)) == 1
