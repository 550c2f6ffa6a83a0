"""Keys open what their plan guards, as often as it allows."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sentiment_cli.sandbox.gateway.answers import Refusal
from sentiment_cli.sandbox.gateway.plans import Meter
from tests.sandbox.gateway.conftest import Aws, api, function

KEYED: dict[str, Any] = {"security": [{"api_key": []}]}


@pytest.fixture(scope="module")
def guarded(aws: Aws) -> str:
    return api(aws, function(aws, "guarded", "def app(event, context): return {'body': 'in'}"), **KEYED)


def plan(aws: Aws, name: str, api_id: str, **limits: Any) -> tuple[str, str]:
    """(value of a key, id of the plan) that opens an API."""
    gateway = aws.client("apigateway")
    key = gateway.create_api_key(name=name, enabled=True)
    made = gateway.create_usage_plan(name=name, apiStages=[{"apiId": api_id, "stage": "api"}], **limits)
    gateway.create_usage_plan_key(usagePlanId=made["id"], keyId=key["id"], keyType="API_KEY")
    return key["value"], made["id"]


def test_a_key_of_the_stages_plan_opens_it(aws: Aws, guarded: str, http: httpx.Client) -> None:
    value, _ = plan(aws, "opens", guarded)
    assert http.post(aws.address(guarded), headers={"X-API-Key": value}).text == "in"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": "x" * 40}])
def test_without_a_right_key_it_stays_shut(aws: Aws, guarded: str, http: httpx.Client, headers: dict[str, str]) -> None:
    found = http.post(aws.address(guarded), headers=headers)
    assert (found.status_code, found.json()) == (403, {"message": "Forbidden"})
    assert found.headers["x-amzn-ErrorType"] == "ForbiddenException"


def test_a_key_without_a_plan_opens_nothing(aws: Aws, guarded: str, http: httpx.Client) -> None:
    value = aws.client("apigateway").create_api_key(name="alone", enabled=True)["value"]
    assert http.post(aws.address(guarded), headers={"x-api-key": value}).status_code == 403


def test_a_key_of_another_apis_plan_opens_nothing(aws: Aws, guarded: str, http: httpx.Client) -> None:
    other = api(aws, function(aws, "another", "def app(event, context): return {}"), **KEYED)
    value, _ = plan(aws, "of-another", other)
    assert http.post(aws.address(guarded), headers={"x-api-key": value}).status_code == 403
    assert http.post(aws.address(other), headers={"x-api-key": value}).status_code == 200


def test_a_disabled_key_opens_nothing(aws: Aws, guarded: str, http: httpx.Client) -> None:
    value, _ = plan(aws, "disabled", guarded)
    gateway = aws.client("apigateway")
    [key] = gateway.get_api_keys(nameQuery="disabled")["items"]
    change = {"op": "replace", "path": "/enabled", "value": "false"}
    gateway.update_api_key(apiKey=key["id"], patchOperations=[change])
    assert http.post(aws.address(guarded), headers={"x-api-key": value}).status_code == 403


def test_more_than_the_burst_is_throttled(aws: Aws, guarded: str, http: httpx.Client) -> None:
    value, _ = plan(aws, "bursts", guarded, throttle={"rateLimit": 0.01, "burstLimit": 2})
    answers = [http.post(aws.address(guarded), headers={"x-api-key": value}) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].json() == {"message": "Too Many Requests"}


def test_more_than_the_quota_is_refused(aws: Aws, guarded: str, http: httpx.Client) -> None:
    value, made = plan(aws, "quota", guarded, quota={"limit": 1, "period": "DAY"})
    answers = [http.post(aws.address(guarded), headers={"x-api-key": value}) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 429]
    assert answers[1].json() == {"message": "Limit Exceeded"}
    change = {"op": "replace", "path": "/quota/limit", "value": "3"}
    aws.client("apigateway").update_usage_plan(usagePlanId=made, patchOperations=[change])
    assert http.post(aws.address(guarded), headers={"x-api-key": value}).status_code == 200


def test_a_stage_may_have_limits_for_everyone(aws: Aws, http: httpx.Client) -> None:
    made = api(aws, function(aws, "limited", "def app(event, context): return {'body': 'in'}"))
    changes = [
        {"op": "replace", "path": f"/*/*/throttling/{name}", "value": value}
        for name, value in (("rateLimit", "0.01"), ("burstLimit", "1"))
    ]
    gateway = aws.client("apigateway")
    gateway.update_stage(restApiId=made, stageName="api", patchOperations=changes)
    gateway.create_deployment(restApiId=made, stageName="api")  # the limits outlive it
    assert [http.post(aws.address(made)).status_code for _ in range(2)] == [200, 429]


def test_a_plan_that_guards_a_stage_cannot_be_deleted(aws: Aws, guarded: str) -> None:
    _, made = plan(aws, "guards", guarded)
    gateway = aws.client("apigateway")
    with pytest.raises(gateway.exceptions.BadRequestException):
        gateway.delete_usage_plan(usagePlanId=made)
    change = {"op": "remove", "path": "/apiStages", "value": f"{guarded}:api"}
    gateway.update_usage_plan(usagePlanId=made, patchOperations=[change])
    gateway.delete_usage_plan(usagePlanId=made)
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.delete_usage_plan(usagePlanId=made)


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    meter = Meter(lambda: now[0])
    limits = {"rateLimit": 2, "burstLimit": 2}
    for _ in range(2):
        meter.throttle("me", limits)
    with pytest.raises(Refusal):
        meter.throttle("me", limits)
    meter.throttle("you", limits)
    now[0] = 0.5
    meter.throttle("me", limits)
    with pytest.raises(Refusal):
        meter.throttle("me", limits)
    now[0] = 100.0
    for _ in range(2):
        meter.throttle("me", limits)
    with pytest.raises(Refusal):
        meter.throttle("me", limits)
