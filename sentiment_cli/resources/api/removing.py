"""Everything of a stage's API, found without any file of the project, each with the way to remove it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sentiment_cli.clients.aws_errors import or_none, says
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, Note
from sentiment_cli.resources import Existing
from sentiment_cli.resources.api import access, looking
from sentiment_cli.resources.log_group import made_at
from sentiment_cli.resources.names import PROJECT_TAG, REGION_TAG, STAGE_TAG, Names

# AWS allows one DeleteRestApi in 30 s for an account.
PATIENCE_SECONDS = 180.0


def existing(aws: Aws, names: Names) -> list[Existing]:
    """In the order of removal: whatever refers to something goes before it."""
    return list(_existing(aws, names))


def forget(project_dir: Path, stage: str) -> None:
    """Remove Chalice's record of a stage, which would otherwise name what no longer exists."""
    (project_dir / "api/.chalice/deployed" / f"{stage}.json").unlink(missing_ok=True)


def _existing(aws: Aws, names: Names) -> Iterator[Existing]:
    for plan in looking.plans(aws, names):
        yield Existing("usage plan", names.prefix, partial(_delete_plan, aws, str(plan["id"])))
    for key in looking.keys(aws, names):
        yield Existing("API key", names.prefix, partial(_delete_key, aws, str(key["id"])), since=key.get("createdDate"))
    for api in looking.rest_apis(aws, names):
        yield Existing(
            "REST API", str(api["id"]), partial(delete_rest_api, aws, str(api["id"])), since=api.get("createdDate")
        )
    functions = _functions(aws, names)
    for function in functions:
        yield _function(aws, function)
    # Chalice names a role after its function; the API's own has a word more, unless Chalice wrote the policy itself.
    own = (f"{names.function}-api_handler", names.function)
    for role in (*own, *(each for each in functions if each not in own)):
        found = _role(aws, role)
        if found is not None and _is_ours(names, found, functions):
            since = found["Role"]["CreateDate"]
            yield Existing("Lambda role", role, partial(_delete_role, aws, role), since=since)
    for group, made in _groups(aws, names, functions).items():
        yield Existing("Lambda log group", group, partial(_delete_group, aws, group), since=made)


def _function(aws: Aws, name: str) -> Existing:
    """ListFunctions has no state: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html"""
    found = or_none(
        lambda: aws.client("lambda").get_function_configuration(FunctionName=name), "ResourceNotFoundException"
    )
    delete = partial(_delete_function, aws, name)
    if found is None:
        return Existing("Lambda function", name, delete)
    changed = datetime.fromisoformat(found["LastModified"])  # "2026-01-30T09:12:45.000+0000"
    return Existing("Lambda function", name, delete, state=found.get("State", "exists"), since=changed)


def _functions(aws: Aws, names: Names) -> list[str]:
    """The API's function, and what else the user's Chalice project has made: schedules and the like."""
    pages = aws.client("lambda").get_paginator("list_functions").paginate()
    found = [each for page in pages for each in page["Functions"]]
    return [
        str(each["FunctionName"])
        for each in found
        if f"{each['FunctionName']}-".startswith(f"{names.function}-")
        and looking.ours(names, _tags(aws, str(each["FunctionArn"])))
    ]


def _tags(aws: Aws, arn: str) -> Any:
    return or_none(lambda: aws.client("lambda").list_tags(Resource=arn)["Tags"], "ResourceNotFoundException")


def _delete_plan(aws: Aws, plan_id: str, _emit: Emit) -> None:
    access.remove_plan(aws, plan_id)


def _delete_key(aws: Aws, key_id: str, _emit: Emit) -> None:
    access.remove_key(aws, key_id)


def delete_rest_api(aws: Aws, api_id: str, emit: Emit) -> None:
    """Delete one REST API, when it is its turn; gone is no error."""
    from botocore.exceptions import ClientError

    client = aws.client("apigateway")

    def tell(tries: int) -> None:
        if tries == 1:
            emit(Note("AWS deletes one REST API in 30 s; waiting for its turn."))

    try:
        aws.insist(
            lambda: or_none(lambda: client.delete_rest_api(restApiId=api_id), looking.NOT_FOUND),
            _is_too_soon, seconds=PATIENCE_SECONDS, first=5.0, told=tell,
        )  # fmt: skip
    except ClientError as error:
        if not _is_too_soon(error):
            raise
        raise SentimentError(
            f"The REST API {api_id} could not be deleted.",
            "AWS deletes one in 30 s for an account, and others are being deleted.",
            "Run the command again in a minute.",
            code="TooManyRequestsException",
        ) from error


def _is_too_soon(error: Exception) -> bool:
    return says(error, "TooManyRequestsException")


def _delete_function(aws: Aws, name: str, _emit: Emit) -> None:
    or_none(lambda: aws.client("lambda").delete_function(FunctionName=name), "ResourceNotFoundException")


def _is_ours(names: Names, found: Any, functions: Sequence[str]) -> bool:
    """By its tags; one without any by its name, which is that of a function of ours or Chalice's for the API's own."""
    tags = {each["Key"]: each["Value"] for each in found["Role"].get("Tags", [])}
    if tags.get(REGION_TAG, names.region) != names.region:
        return False
    if PROJECT_TAG in tags or STAGE_TAG in tags:
        return bool(looking.ours(names, tags))
    return found["Role"]["RoleName"] in (f"{names.function}-api_handler", *functions)


def _role(aws: Aws, name: str) -> Any | None:
    """The role, if it is one that Lambda may take."""
    found = or_none(lambda: aws.client("iam").get_role(RoleName=name), "NoSuchEntity")
    return found if found and "lambda.amazonaws.com" in str(found["Role"]["AssumeRolePolicyDocument"]) else None


def _delete_role(aws: Aws, name: str, _emit: Emit) -> None:
    iam = aws.client("iam")
    if _role(aws, name) is None:
        return
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        or_none(partial(iam.delete_role_policy, RoleName=name, PolicyName=policy), "NoSuchEntity")
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    or_none(lambda: iam.delete_role(RoleName=name), "NoSuchEntity")


def _groups(aws: Aws, names: Names, functions: Sequence[str]) -> dict[str, datetime | None]:
    """The functions' own groups, and the one that Chalice's log_retention_in_days makes by mistake; since when."""
    prefix = f"/aws/lambda/{names.function}"
    pages = aws.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    ours = {prefix, f"{prefix}-api_handler", *(f"/aws/lambda/{each}" for each in functions)}
    found = [each for page in pages for each in page["logGroups"]]
    return {each["logGroupName"]: made_at(each) for each in found if each["logGroupName"] in ours}


def _delete_group(aws: Aws, name: str, _emit: Emit) -> None:
    or_none(lambda: aws.client("logs").delete_log_group(logGroupName=name), "ResourceNotFoundException")
