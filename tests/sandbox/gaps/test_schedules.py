"""Schedules of one moment: met once, and again only when they are changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sentiment_cli.sandbox.calls import Call
from sentiment_cli.sandbox.gaps import schedules


class Trusting:
    """A role that the scheduler may take, for everything."""

    def __init__(self, *given: str) -> None:
        self.is_trusting = self.may = lambda *asked: True


@pytest.mark.parametrize(("after", "left"), [("NONE", ["once"]), ("DELETE", [])])
def test_a_schedule_is_met_once_whether_or_not_it_stays(
    monkeypatch: pytest.MonkeyPatch, after: str, left: list[str]
) -> None:
    asked: list[str] = []
    group = SimpleNamespace(schedules={})
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint", "RoleArn": "r"}
    target["Input"] = '{"EndpointName": "e"}'
    moment = (datetime.now(UTC) - timedelta(minutes=1)).strftime(schedules.MOMENT)

    def put(changed: float) -> None:
        group.schedules["once"] = SimpleNamespace(
            name="once", arn="arn", state="ENABLED", schedule_expression=moment, last_modified_date=changed,
            action_after_completion=after, target=target,
        )  # fmt: skip

    sagemaker = SimpleNamespace(delete_endpoint=lambda **given: asked.append(given["EndpointName"]))
    monkeypatch.setattr(schedules, "PAUSE", 0.01)
    monkeypatch.setattr(schedules, "Taken", Trusting)
    monkeypatch.setattr(schedules, "client", lambda *given: sagemaker)
    monkeypatch.setattr(
        schedules, "_all", lambda: [("1", "us-east-1", group, each) for each in [*group.schedules.values()]]
    )
    context: Any = None
    clock = schedules.Clock(context)
    clock.check(Call("scheduler", "CreateSchedule", {"Target": target}, "1", "us-east-1"))
    try:
        for changed in (1.0, 2.0):
            put(changed)
            time.sleep(0.3)
            assert asked == ["e"] * int(changed)
            assert [*group.schedules] == left
    finally:
        clock.close()
