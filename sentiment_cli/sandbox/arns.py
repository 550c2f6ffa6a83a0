"""The ARNs that IAM holds a request against, as the service authorization reference names them; None where it is
not known here.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sentiment_cli.sandbox.reading import Asked

ALL = "*"
Params = Mapping[str, Any]


def of(asked: Asked, path: str, params: Params, account: str) -> list[str] | None:
    """What a request is about: all of them must be allowed."""
    if asked.service == "apigateway":
        return [f"arn:aws:apigateway:{asked.region}::{path}"]
    find = SERVICES.get(asked.service)
    found = find(asked.name, params) if find else None
    if found is None:
        return None
    return [each.replace("REGION", asked.region).replace("ACCOUNT", account) for each in found]


def _sagemaker(operation: str, params: Params) -> list[str] | None:
    if operation.startswith("List") and operation != "ListTags":
        return [ALL]
    if arn := params.get("ResourceArn"):
        return [str(arn)]
    kinds = {"EndpointConfigName": "endpoint-config", "EndpointName": "endpoint", "ModelName": "model"}
    found = [
        f"arn:aws:sagemaker:REGION:ACCOUNT:{kind}/{params[name]}" for name, kind in kinds.items() if name in params
    ]
    return found or None


def _scheduler(operation: str, params: Params) -> list[str] | None:
    if operation.startswith("List"):
        return [ALL]
    return [f"arn:aws:scheduler:REGION:ACCOUNT:schedule/{params.get('GroupName', 'default')}/{params['Name']}"]


def _s3(operation: str, params: Params) -> list[str] | None:
    if operation == "ListBuckets":
        return [ALL]
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if operation == "DeleteObjects":
        return [f"{bucket}/{each['Key']}" for each in params["Delete"]["Objects"]]
    return [f"{bucket}/{params['Key']}" if "Key" in params else bucket]


def _ecr(operation: str, params: Params) -> list[str] | None:
    if operation == "GetAuthorizationToken":
        return [ALL]
    if arn := params.get("resourceArn"):
        return [str(arn)]
    names = params.get("repositoryNames") or [params.get("repositoryName", ALL)]
    return [f"arn:aws:ecr:REGION:ACCOUNT:repository/{name}" for name in names]


def _iam(operation: str, params: Params) -> list[str] | None:
    if "RoleName" in params:
        return [f"arn:aws:iam::ACCOUNT:role/{params['RoleName']}"]
    return [ALL] if operation.startswith("List") else None


def _lambda(operation: str, params: Params) -> list[str] | None:
    name = params.get("FunctionName") or params.get("Resource")
    if name is None:
        return [ALL] if operation.startswith("List") else None
    return [name if name.startswith("arn:") else f"arn:aws:lambda:REGION:ACCOUNT:function:{name}"]


def _logs(operation: str, params: Params) -> list[str] | None:
    """AWS holds a request against the streams of a group, ":*" in a policy, and tags against the group itself.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    if arn := params.get("resourceArn"):
        return [str(arn)]
    group = "" if operation == "DescribeLogGroups" else params.get("logGroupName")
    if group is None:
        return None
    return [f"arn:aws:logs:REGION:ACCOUNT:log-group:{group}:log-stream:{params.get('logStreamName', '')}"]


def _cloudwatch(operation: str, _params: Params) -> list[str] | None:
    return [ALL] if operation in ("GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData") else None


def _any(_operation: str, _params: Params) -> list[str] | None:
    return [ALL]


SERVICES: Mapping[str, Callable[[str, Params], list[str] | None]] = {
    "cloudwatch": _cloudwatch,
    "ecr": _ecr,
    "iam": _iam,
    "lambda": _lambda,
    "logs": _logs,
    "pricing": _any,
    "resourcegroupstaggingapi": _any,
    "s3": _s3,
    "sagemaker": _sagemaker,
    "sagemaker-runtime": _sagemaker,
    "scheduler": _scheduler,
    "service-quotas": _any,
}
