"""What Chalice leaves out of an API: limits, an API key and its plan, CORS on refusals, and tags on all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sentiment_cli.clients.aws_errors import code_of, or_none, was_sent_again
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused
from sentiment_cli.resources.api.looking import NOT_FOUND, Found, key, keys, plan, plans
from sentiment_cli.resources.names import REGION_TAG, Names, tag_list

_HEADER = "gatewayresponse.header."
_CORS = {
    f"{_HEADER}Access-Control-Allow-Origin": "'*'",
    f"{_HEADER}Access-Control-Allow-Headers": "'Content-Type,X-Api-Key,Authorization,X-Amz-Date,X-Amz-Security-Token'",
}
# A browser shows a page nothing of a refusal without these. Only of the first two is all the rest made.
RESPONSES = {
    "DEFAULT_4XX": _CORS,
    "DEFAULT_5XX": _CORS,
    "THROTTLED": {**_CORS, f"{_HEADER}Retry-After": "'1'"},
    "QUOTA_EXCEEDED": {**_CORS, f"{_HEADER}Retry-After": "'3600'"},
}


@dataclass(frozen=True)
class Limits:
    """How much the API takes: calls a second, calls at once, and calls a day of an API key; days of logs."""

    rate: int = 20
    burst: int = 40
    calls_a_day: int = 100_000
    log_days: int = 30


def drift(found: Found, limits: Limits, *, keyed: bool) -> str | None:
    """What somebody has changed by hand of all this, in a few words."""
    stage, api_id = found.stage or {}, str((found.rest_api or {}).get("id"))
    settings = (stage.get("methodSettings") or {}).get("*/*", {})
    if (settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")) != (limits.rate, limits.burst):
        return "its limits were changed"
    if keyed and _changes(found.plan or {}, api_id, str(stage.get("stageName")), limits):
        return "its usage plan was changed"
    if any(found.responses.get(kind) != headers for kind, headers in RESPONSES.items()):
        return "refusals lack CORS headers"
    return None


def limits_in(stage: Mapping[str, Any] | None, plan: Mapping[str, Any] | None) -> dict[tuple[str, str], float]:
    """Calls a second that each lets through, by kind and name."""
    of_stage, of_plan = ((stage or {}).get("methodSettings") or {}).get("*/*", {}), (plan or {}).get("throttle") or {}
    limits = {
        ("usage plan", str((plan or {}).get("name"))): of_plan.get("rateLimit"),
        ("stage", str((stage or {}).get("stageName"))): of_stage.get("throttlingRateLimit"),
    }
    return {what: float(rate) for what, rate in limits.items() if rate is not None}


def put_responses(aws: Aws, api_id: str) -> None:
    """CORS headers on the gateway's own refusals; they hold from the next deployment of the API on."""
    client = aws.client("apigateway")
    for kind, headers in RESPONSES.items():
        client.put_gateway_response(restApiId=api_id, responseType=kind, responseParameters=headers)


def throttle(aws: Aws, api_id: str, stage: str, limits: Limits) -> None:
    """Limits for everyone together, with a key or without."""
    values = {"rateLimit": limits.rate, "burstLimit": limits.burst}
    aws.client("apigateway").update_stage(
        restApiId=api_id, stageName=stage,
        patchOperations=[
            {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)} for name, value in values.items()
        ],
    )  # fmt: skip


def allow_key(aws: Aws, names: Names, api_id: str, stage: str, limits: Limits) -> None:
    """An API key for the stage, and the plan that says how often it may be used; what is there already is kept."""
    client = aws.client("apigateway")
    found = key(aws, names)
    key_id = str(found["id"]) if found else _new_key(aws, names)
    plan_id = _planned(aws, names, api_id, stage, limits)
    if not any(each["id"] == key_id for each in _keys_of(aws, plan_id)):
        client.create_usage_plan_key(usagePlanId=plan_id, keyId=key_id, keyType="API_KEY")


# AWS takes names twice: a request that was sent again because the answer was lost may have made two of a kind.


def _new_key(aws: Aws, names: Names) -> str:
    made = aws.client("apigateway").create_api_key(
        name=names.prefix, enabled=True, tags=names.tags, description=f"Callers of {names.prefix}"
    )
    if was_sent_again(made):
        # One that a plan has is of somebody who deploys at the same time.
        stay = {made["id"], *(each["id"] for plan in plans(aws, names) for each in _keys_of(aws, plan["id"]))}
        for other in keys(aws, names):
            if other["id"] not in stay:
                remove_key(aws, other["id"])
    return str(made["id"])


def _new_plan(aws: Aws, names: Names, api_id: str, stage: str, limits: Limits) -> str:
    made = aws.client("apigateway").create_usage_plan(
        name=names.prefix, tags=names.tags, apiStages=[{"apiId": api_id, "stage": stage}],
        throttle={"rateLimit": limits.rate, "burstLimit": limits.burst},
        quota={"limit": limits.calls_a_day, "period": "DAY"},
    )  # fmt: skip
    if was_sent_again(made):
        for other in plans(aws, names):
            if other["id"] != made["id"] and not _keys_of(aws, other["id"]):
                remove_plan(aws, other["id"])
    return str(made["id"])


def _keys_of(aws: Aws, plan_id: str) -> list[Mapping[str, Any]]:
    pages = aws.client("apigateway").get_paginator("get_usage_plan_keys").paginate(usagePlanId=plan_id)
    return [each for page in pages for each in page["items"]]


def _planned(aws: Aws, names: Names, api_id: str, stage: str, limits: Limits) -> str:
    client, found = aws.client("apigateway"), plan(aws, names)
    if found is None:
        return _new_plan(aws, names, api_id, stage, limits)
    changes = _changes(found, api_id, stage, limits)
    if changes:
        client.update_usage_plan(usagePlanId=found["id"], patchOperations=changes)
    return str(found["id"])


def _changes(found: Mapping[str, Any], api_id: str, stage: str, limits: Limits) -> list[dict[str, str]]:
    """Patch operations that make a plan guard the stage within the limits."""
    stages = [f"{each['apiId']}:{each['stage']}" for each in found.get("apiStages") or []]
    wanted = f"{api_id}:{stage}"
    changes = [{"op": "remove", "path": "/apiStages", "value": each} for each in stages if each != wanted]
    if wanted not in stages:
        changes.append({"op": "add", "path": "/apiStages", "value": wanted})
    throttling, quota = found.get("throttle") or {}, found.get("quota") or {}
    for path, now, value in (
        ("/throttle/rateLimit", throttling.get("rateLimit"), limits.rate),
        ("/throttle/burstLimit", throttling.get("burstLimit"), limits.burst),
        ("/quota/limit", quota.get("limit"), limits.calls_a_day),
    ):
        if now is None or float(now) != value:
            changes.append({"op": "replace", "path": path, "value": str(value)})
    return changes


def remove_plan(aws: Aws, plan_id: str) -> None:
    """Take the plan from its stages, which AWS wants first, and delete it; gone is no error."""
    client = aws.client("apigateway")
    _let_go(aws, plan_id)
    or_none(lambda: client.delete_usage_plan(usagePlanId=plan_id), NOT_FOUND)


def _let_go(aws: Aws, plan_id: str, tries: int = 2) -> None:
    """A stage that is gone from the plan already is an error to AWS, so after one the plan is looked at again."""
    from botocore.exceptions import ClientError

    client = aws.client("apigateway")
    found = or_none(lambda: client.get_usage_plan(usagePlanId=plan_id), NOT_FOUND) or {}
    stages = [f"{each['apiId']}:{each['stage']}" for each in found.get("apiStages") or []]
    if not stages:
        return
    changes = [{"op": "remove", "path": "/apiStages", "value": each} for each in stages]
    try:
        client.update_usage_plan(usagePlanId=plan_id, patchOperations=changes)
    except ClientError as error:
        if tries == 1 or code_of(error) not in ("BadRequestException", NOT_FOUND):
            raise
        _let_go(aws, plan_id, tries - 1)


def remove_key(aws: Aws, key_id: str) -> None:
    """Delete the API key; gone is no error."""
    or_none(lambda: aws.client("apigateway").delete_api_key(apiKey=key_id), NOT_FOUND)


def keep_logs(aws: Aws, names: Names, days: int) -> None:
    """The function's log group, tagged, its lines kept for `days`; another number of days is the user's choice."""
    from botocore.exceptions import ClientError

    logs, name = aws.client("logs"), f"/aws/lambda/{names.function}"
    try:
        logs.create_log_group(logGroupName=name, tags=names.tags)
    except ClientError as error:
        if code_of(error) != "ResourceAlreadyExistsException":
            raise
        logs.tag_resource(resourceArn=aws.arn("logs", f"log-group:{name}"), tags=names.tags)
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if not any(each["logGroupName"] == name and each.get("retentionInDays") for each in groups):
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)


def tag_role(aws: Aws, names: Names, role: str) -> None:
    """Tag the function's role, if it is one that Chalice made for it."""
    if role in (names.function, f"{names.function}-api_handler"):
        tags = {**names.tags, REGION_TAG: names.region}
        aws.client("iam").tag_role(RoleName=role, Tags=tag_list(tags))


def refuse_role_of_elsewhere(aws: Aws, names: Names) -> None:
    """Raises Refused if the role that Chalice would take is that of the same stage in another region: Chalice names it
    without one, and roles are the same in every region."""
    name = f"{names.function}-api_handler"
    found = or_none(lambda: aws.client("iam").get_role(RoleName=name)["Role"], "NoSuchEntity") or {}
    tags = {each["Key"]: each["Value"] for each in found.get("Tags", [])}
    where = tags.get(REGION_TAG, names.region)
    if where != names.region:
        raise Refused(
            f"The role {name} belongs to this stage in {where}.",
            "Roles are the same in every region, and Chalice names the API's without one.",
            "Choose another --stage for this region, or deploy with --no-api.",
            code="role-taken",
        )
