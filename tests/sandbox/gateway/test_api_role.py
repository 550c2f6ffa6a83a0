"""A function acts with its role: what `deploy` allows that of the API suffices, and each action is needed."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentiment_cli.resources.api.project import ChaliceProject
from sentiment_cli.resources.names import Names
from tests.sandbox.gateway.conftest import Aws, api, function
from tests.sandbox.gateway.test_permissions import ASKS

NAMES = Names("permitted", "dev", "123456789012", "us-east-1")
ROLE = f"{NAMES.function}-role"
GROUP = f"/aws/lambda/{NAMES.function}"
LOSES = {
    "sagemaker:InvokeEndpoint": {"answer"},
    "logs:CreateLogGroup": {"log"},
    "logs:CreateLogStream": {"log"},
    "logs:PutLogEvents": {"log"},
}


@pytest.fixture(scope="module")
def url(aws: Aws) -> str:
    aws.models[NAMES.endpoint] = lambda _: "asked"
    made = aws.address(api(aws, function(aws, NAMES.function, ASKS, timeout=20)))
    aws.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="logs")
    return made


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("api")
    (folder / "app.py").touch()
    return ChaliceProject(folder, NAMES, "none", NAMES.endpoint, "aws").permissions()


def actions(statement: dict[str, Any]) -> list[str]:
    found = statement["Action"]
    return found if isinstance(found, list) else [found]


def wrong(aws: Aws, url: str, http: httpx.Client, document: dict[str, Any]) -> set[str]:
    """What does not go as it should under a policy."""
    aws.client("iam").put_role_policy(RoleName=ROLE, PolicyName="mine", PolicyDocument=json.dumps(document))
    logs = aws.client("logs")
    if logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.delete_log_group(logGroupName=GROUP)
    answer = http.post(url, content=NAMES.endpoint)
    found = {"answer"} if answer.status_code != 200 else set()
    deadline = time.monotonic() + 1
    while not written(logs):
        if time.monotonic() > deadline:
            return found | {"log"}
        time.sleep(0.05)
    return found


def written(logs: Any) -> bool:
    groups = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    return bool(groups and logs.filter_log_events(logGroupName=GROUP)["events"])


def test_the_role_that_deploy_makes_is_enough(aws: Aws, url: str, http: httpx.Client, policy: dict[str, Any]) -> None:
    assert {action for each in policy["Statement"] for action in actions(each)} == set(LOSES)
    assert wrong(aws, url, http, policy) == set()


@pytest.mark.parametrize("action", LOSES)
def test_each_of_its_actions_is_needed(
    aws: Aws, url: str, http: httpx.Client, policy: dict[str, Any], action: str
) -> None:
    rest = deepcopy(policy)
    for statement in rest["Statement"]:
        statement["Action"] = [each for each in actions(statement) if each != action]
    rest["Statement"] = [each for each in rest["Statement"] if each["Action"]]
    assert wrong(aws, url, http, rest) == LOSES[action]
