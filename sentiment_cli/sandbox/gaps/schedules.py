"""EventBridge Scheduler: moto keeps the schedules, and here those of one moment are met, in the name of their roles.

Universal targets only ("arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint").
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.inventory import client
from sentiment_cli.sandbox.taken import Taken

SERVICE = "scheduler.amazonaws.com"
PAUSE = 0.25  # seconds between two looks; AWS is exact to a minute
UNIVERSAL = ":scheduler:::aws-sdk:"
MOMENT = "at(%Y-%m-%dT%H:%M:%S)"


class Clock:
    """Meets the schedules of one sandbox once when their time has come, and removes those that want that."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ended = threading.Event()
        self._began = threading.Lock()
        self._thread: threading.Thread | None = None
        self._met: set[tuple[str, float]] = set()  # ARN and last change of those that were met

    def check(self, call: Call) -> None:
        """Raises the Fault of a role that the scheduler may not take; from the first schedule on there is a clock."""
        if call.operation not in ("CreateSchedule", "UpdateSchedule"):
            return
        if not Taken(str(call.params["Target"]["RoleArn"]), SERVICE).is_trusting():
            text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            raise Fault("ValidationException", text)
        with self._began:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Meet no more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(PAUSE):
            for account, region, group, each in list(_all()):
                as_it_is = (each.arn, each.last_modified_date)
                if as_it_is not in self._met and _is_due(each) and self._meet(account, region, each):
                    self._met.add(as_it_is)
                    if each.action_after_completion == "DELETE":
                        group.schedules.pop(each.name, None)

    def _meet(self, account: str, region: str, schedule: Any) -> bool:
        """Whether it was met; where AWS refuses it is tried again with the next look."""
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        service, _, name = schedule.target["Arn"].partition(UNIVERSAL)[2].partition(":")
        operation = name[:1].upper() + name[1:]  # "deleteEndpoint" in an ARN
        asked = json.loads(schedule.target.get("Input") or "{}")
        about = f"arn:aws:{service}:{region}:{account}:endpoint/{asked.get('EndpointName', '*')}"
        if not Taken(schedule.target["RoleArn"], SERVICE).may(f"{service}:{operation}", about):
            return False
        with suppress(ClientError, BotoCoreError, AttributeError):
            getattr(client(self._context, account, region, service), xform_name(operation))(**asked)
            return True
        return False


def _all() -> Iterator[tuple[str, str, Any, Any]]:
    """Account, region, group and schedule, of what moto keeps."""
    from moto.scheduler.models import scheduler_backends

    for account, regions in list(scheduler_backends.items()):
        for region, backend in list(regions.items()):
            for group in list(backend.schedule_groups.values()):
                yield from ((account, region, group, each) for each in list(group.schedules.values()))


def _is_due(schedule: Any) -> bool:
    try:
        at = datetime.strptime(schedule.schedule_expression, MOMENT).replace(tzinfo=UTC)
    except ValueError:  # one that is met again and again
        return False
    return schedule.state == "ENABLED" and UNIVERSAL in schedule.target["Arn"] and at <= datetime.now(UTC)
