"""What exists in a sandbox: every resource that the services list, with its tags.

It asks the sandbox itself, as any client would, so that it sees what a client sees; those requests are not logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sentiment_cli.sandbox.callers import access_key
from sentiment_cli.sandbox.context import Context

INTERNAL = "X-Sandbox-Internal"  # with the sandbox's id: a call of the sandbox to itself
HOME = "us-east-1"  # where a bucket is that tells no location


@dataclass(frozen=True)
class Resource:
    """Something that exists. `kind` is as the tagging API names types: "sagemaker:endpoint"."""

    kind: str
    arn: str
    tags: dict[str, str] = field(default_factory=dict)


class Inventory:
    """The resources of one account in one region."""

    def __init__(self, context: Context, account: str, region: str) -> None:
        self._context = context
        self._account = account
        self._region = region

    def all(self) -> Iterator[Resource]:
        """Everything, service by service; a service that cannot be asked has nothing."""
        from botocore.exceptions import ClientError

        for list_them in (
            self._sagemaker,
            self._ecr,
            self._s3,
            self._functions,
            self._apis,
            self._logs,
            self._alarms,
            self._schedules,
        ):
            try:
                yield from list_them()
            except ClientError:
                continue

    def _client(self, service: str) -> Any:
        return client(self._context, self._account, self._region, service)

    def _listed(self, client: Any, operation: str, key: str) -> Iterator[Any]:
        if client.can_paginate(operation):
            for page in client.get_paginator(operation).paginate():
                yield from page.get(key, ())
        else:
            yield from getattr(client, operation)().get(key, ())

    def _sagemaker(self) -> Iterator[Resource]:
        client = self._client("sagemaker")
        for kind, operation, key, arn in (
            ("endpoint", "list_endpoints", "Endpoints", "EndpointArn"),
            ("endpoint-config", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigArn"),
            ("model", "list_models", "Models", "ModelArn"),
        ):
            for each in self._listed(client, operation, key):
                tags = _read(client.list_tags, "Tags", ResourceArn=each[arn])
                yield Resource(f"sagemaker:{kind}", each[arn], _pairs(tags))

    def _ecr(self) -> Iterator[Resource]:
        client = self._client("ecr")
        for each in self._listed(client, "describe_repositories", "repositories"):
            arn = each["repositoryArn"]
            tags = _read(client.list_tags_for_resource, "tags", resourceArn=arn)
            yield Resource("ecr:repository", arn, _pairs(tags))

    def _s3(self) -> Iterator[Resource]:
        client = self._client("s3")
        for each in client.list_buckets()["Buckets"]:
            name = each["Name"]
            place = _read(client.get_bucket_location, "LocationConstraint", Bucket=name)
            if (place or HOME) == self._region:
                tags = _read(client.get_bucket_tagging, "TagSet", Bucket=name)
                yield Resource("s3:bucket", f"arn:aws:s3:::{name}", _pairs(tags))

    def _functions(self) -> Iterator[Resource]:
        client = self._client("lambda")
        for each in self._listed(client, "list_functions", "Functions"):
            tags = _read(client.list_tags, "Tags", Resource=each["FunctionArn"])
            yield Resource("lambda:function", each["FunctionArn"], dict(tags or {}))

    def _apis(self) -> Iterator[Resource]:
        client = self._client("apigateway")
        root = f"arn:aws:apigateway:{self._region}::"
        for kind, operation in (
            ("restapis", "get_rest_apis"),
            ("apikeys", "get_api_keys"),
            ("usageplans", "get_usage_plans"),
        ):
            for each in self._listed(client, operation, "items"):
                yield Resource(f"apigateway:{kind}", f"{root}/{kind}/{each['id']}", dict(each.get("tags") or {}))

    def _logs(self) -> Iterator[Resource]:
        client = self._client("logs")
        for each in self._listed(client, "describe_log_groups", "logGroups"):
            arn = each["arn"].removesuffix(":*")
            tags = _read(client.list_tags_for_resource, "tags", resourceArn=arn)
            yield Resource("logs:log-group", arn, dict(tags or {}))

    def _alarms(self) -> Iterator[Resource]:
        client = self._client("cloudwatch")
        for each in self._listed(client, "describe_alarms", "MetricAlarms"):
            arn = each["AlarmArn"]
            tags = _read(client.list_tags_for_resource, "Tags", ResourceARN=arn)
            yield Resource("cloudwatch:alarm", arn, _pairs(tags))

    def _schedules(self) -> Iterator[Resource]:
        for each in self._listed(self._client("scheduler"), "list_schedules", "Schedules"):
            yield Resource("scheduler:schedule", each["Arn"])


@lru_cache(maxsize=64)
def client(context: Context, account: str, region: str, service: str) -> Any:
    """A client whose requests are nobody's; it takes longer to make than to use."""
    import boto3
    from botocore.config import Config

    made = boto3.client(
        service, region, endpoint_url=context.url,
        aws_access_key_id=access_key(account), aws_secret_access_key="-",  # noqa: S106
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )  # fmt: skip

    def mark(request: Any, **_: Any) -> None:
        request.headers[INTERNAL] = context.id

    made.meta.events.register("before-send", mark)
    return made


def _read(ask: Callable[..., Mapping[str, Any]], part: str, **about: str) -> Any:
    """What a service says of one resource; None if it says there is nothing, or the resource went meanwhile."""
    from botocore.exceptions import ClientError

    try:
        return ask(**about)[part]
    except ClientError:
        return None


def _pairs(tags: Any) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in tags or ()}
