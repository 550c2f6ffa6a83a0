"""What carries a stage's tags, whatever its name: for the second look of a teardown, after everything known by name.

The index of tags lags, and lists for hours what is gone: so each finding is looked for itself before it is believed.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sentiment_cli.clients.aws_errors import or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.events import Emit
from sentiment_cli.resources import Existing, bucket, endpoint, endpoint_config, log_group, model, repository
from sentiment_cli.resources.api import access
from sentiment_cli.resources.api.removing import delete_rest_api
from sentiment_cli.resources.names import PROJECT_TAG, STAGE_TAG, Names

Look = Callable[[Aws, str], Any]
Delete = Callable[[Aws, str, Emit], Any]


@dataclass(frozen=True)
class _Sort:
    """One sort of resource: how its ARN goes on after the partition, how to look for it by name, how to remove it."""

    kind: str
    pattern: str
    look: Look
    delete: Delete

    def match(self, arn: str) -> re.Match[str] | None:
        """Whether an ARN is of this sort; the first group is the name."""
        return re.search(f"{self.pattern}$", arn)


def _simple(
    kind: str, pattern: str, service: str, noun: str, parameter: str, *missing: str,
    get: str = "get", delete: Delete | None = None,
) -> _Sort:  # fmt: skip
    """A sort with one operation to look and, without a `delete` of its own, one to delete, which take one parameter and
    one error for "gone"."""

    def call(verb: str, aws: Aws, name: str) -> Any:
        return or_none(lambda: getattr(aws.client(service), f"{verb}_{noun}")(**{parameter: name}), *missing)

    look: Look = partial(call, get)
    return _Sort(kind, pattern, look, delete or (lambda aws, name, emit: call("delete", aws, name)))


_GONE, _NOT_FOUND = "ResourceNotFoundException", "NotFoundException"
_SORTS = (
    _Sort("endpoint", r":sagemaker:.*:endpoint/(.+)", endpoint.describe, endpoint.delete),
    _simple(
        "endpoint configuration", r":sagemaker:.*:endpoint-config/(.+)", "sagemaker", "endpoint_config",
        "EndpointConfigName", *endpoint_config.MISSING, get="describe",
    ),
    _simple("model", r":sagemaker:.*:model/(.+)", "sagemaker", "model", "ModelName", *model.MISSING, get="describe"),
    _Sort(
        "log group", r":logs:.*:log-group:([^:]+)(?::\*)?",
        lambda aws, name: [
            each
            for each in aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
            if each["logGroupName"] == name
        ],
        lambda aws, name, emit: log_group.delete(aws, name),
    ),
    _Sort("image repository", r":ecr:.*:repository/(.+)", repository.find, repository.delete),
    _Sort("artifact bucket", r":s3:::([^/]+)", bucket.exists, bucket.delete),
    _simple(
        "usage plan", r":apigateway:.*/usageplans/([^/]+)", "apigateway", "usage_plan", "usagePlanId", _NOT_FOUND,
        delete=lambda aws, name, emit: access.remove_plan(aws, name),
    ),
    _simple("API key", r":apigateway:.*/apikeys/([^/]+)", "apigateway", "api_key", "apiKey", _NOT_FOUND),
    _simple(
        "REST API", r":apigateway:.*/restapis/([^/]+)", "apigateway", "rest_api", "restApiId", _NOT_FOUND,
        delete=delete_rest_api,
    ),
    _simple("function", r":lambda:.*:function:([^:]+)", "lambda", "function", "FunctionName", _GONE),
)  # fmt: skip


def existing(aws: Aws, names: Names) -> list[Existing]:
    """What carries the stage's tags and is really there, in the order of removal: what refers to something before it.

    What is of no sort known here is believed as it is listed, and cannot be removed.
    """
    arns = [arn for arn in _arns(aws, names) if not re.search(r"/restapis/[^/]+/", arn)]  # parts go with their API
    known = [(sort, arn, match.group(1)) for sort in _SORTS for arn in arns if (match := sort.match(arn))]
    there = [
        Existing(sort.kind, name, partial(sort.delete, aws, name)) for sort, _, name in known if sort.look(aws, name)
    ]
    strange = set(arns) - {arn for _, arn, _ in known}
    return there + [Existing("tagged resource", arn, _unknown, removable=False) for arn in arns if arn in strange]


def _arns(aws: Aws, names: Names) -> Iterator[str]:
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(
        TagFilters=[{"Key": PROJECT_TAG, "Values": [names.project]}, {"Key": STAGE_TAG, "Values": [names.stage]}]
    )  # fmt: skip
    return (each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"])


def _unknown(emit: Emit) -> None:
    raise AssertionError("nobody here knows how to remove it")
