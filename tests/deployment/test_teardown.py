"""What a teardown finds by tags alone: removed in the order that AWS allows, or told as what remains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment import teardown
from sentiment_cli.deployment.state import Journal, State
from sentiment_cli.deployment.teardown import TornDown
from sentiment_cli.events import Event, StepDone, ignore
from sentiment_cli.resources import tagged
from sentiment_cli.resources.names import Names, tag_list


@pytest.fixture
def names(aws: Aws, tmp_path: Path) -> Names:
    return Names(f"t{abs(hash(str(tmp_path))):x}"[:12], "dev", aws.account, aws.region)


@pytest.fixture
def alarm(aws: Aws, names: Names) -> Iterator[str]:
    """ARN of an alarm that the user has given the stage's tags."""
    watch = aws.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=names.prefix, MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Statistic="Sum",
        Threshold=1, ComparisonOperator="GreaterThanThreshold", Tags=tag_list(names.tags),
    )  # fmt: skip
    yield watch.describe_alarms(AlarmNames=[names.prefix])["MetricAlarms"][0]["AlarmArn"]
    watch.delete_alarms(AlarmNames=[names.prefix])


def removed(aws: Aws, names: Names, folder: Path, emit: Any = ignore) -> TornDown:
    journal = Journal(folder / "state.json", State(names.project, names.stage, aws.account, aws.region))
    return teardown.apply(aws, names, teardown.inventory(aws, names), journal, emit)


def test_what_is_of_no_known_kind_remains_and_is_not_told_as_deleted(
    aws: Aws, names: Names, alarm: str, tmp_path: Path
) -> None:
    events: list[Event] = []
    done = removed(aws, names, tmp_path, events.append)
    assert done == TornDown((), (f"tagged resource {alarm}",))
    assert not any(isinstance(each, StepDone) for each in events)

    aws.client("logs").create_log_group(logGroupName=f"/other/{names.prefix}", tags=names.tags)
    done = removed(aws, names, tmp_path)
    assert done == TornDown((f"log group /other/{names.prefix}",), (f"tagged resource {alarm}",))


def test_a_usage_plan_lets_its_stages_go_first_and_a_rest_api_waits_its_turn(
    aws: Aws, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="other", tags=names.tags)["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    gateway.create_deployment(restApiId=api, stageName="live")
    plan = gateway.create_usage_plan(name="other", apiStages=[{"apiId": api, "stage": "live"}], tags=names.tags)["id"]
    turns = waiting_once(gateway, monkeypatch)

    found = tagged.existing(replace(aws, patience=replace(aws.patience, pace=0.01)), names)
    assert [(each.kind, each.name) for each in found] == [("usage plan", plan), ("REST API", api)]
    for each in found:
        each.delete(ignore)

    assert tagged.existing(aws, names) == []
    assert turns == [api, api]


def waiting_once(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first deletion of a REST API comes too soon after another; which were asked for."""
    asked: list[str] = []
    delete = gateway.delete_rest_api

    def sooner(**given: Any) -> Any:
        asked.append(given["restApiId"])
        if len(asked) == 1:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Slower."}}, "DeleteRestApi")
        return delete(**given)

    monkeypatch.setattr(gateway, "delete_rest_api", sooner)
    return asked
