"""What SageMaker does with the execution role of a model: it fetches data, pulls images, writes logs and metrics.

What is asked for: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.hosting import neighbours
from sentiment_cli.sandbox.hosting.records import Region
from sentiment_cli.sandbox.taken import Taken

SERVICE = "sagemaker.amazonaws.com"
PULLING = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")


def role_of(model: Mapping[str, Any]) -> Taken:
    """The role that a CreateModel request names."""
    return Taken(str(model.get("ExecutionRoleArn", "")), SERVICE)


def may_fetch(region: Region[Any], role: Taken, url: str) -> bool:
    """Whether it may read the model's archive; a model without one needs no right."""
    bucket, key = neighbours.split_s3(url)
    return not url or role.may("s3:GetObject", f"arn:{region.partition}:s3:::{bucket}/{key}")


def lacks_to_pull(region: Region[Any], role: Taken, repository: str) -> str | None:
    """The first action that is missing for pulling from a repository of ECR."""
    arn = f"arn:{region.partition}:ecr:{region.name}:{region.account}:repository/{repository}"
    needed = [("ecr:GetAuthorizationToken", "*"), *((action, arn) for action in PULLING)]
    return next((action for action, resource in needed if not role.may(action, resource)), None)


def write_log(region: Region[Any], role: Taken, group: str, stream: str, line: str) -> None:
    """One line for CloudWatch Logs; lost where the role may not write it, which harms the endpoint in no other way."""
    arn = f"arn:{region.partition}:logs:{region.name}:{region.account}:log-group:{group}"
    group_is_there, stream_is_there = neighbours.log_is_there(region, group, stream)
    looks = stream_is_there or role.may("logs:DescribeLogStreams", f"{arn}:log-stream:")
    if looks and role.may_log(arn, group_is_there=group_is_there, stream=stream, stream_is_there=stream_is_there):
        neighbours.write_log(region, group, stream, line)


def write_metrics(region: Region[Any], role: Taken, namespace: str, values: list[dict[str, Any]]) -> None:
    """Values for CloudWatch, shaped as PutMetricData has them; lost where the role may not put them there."""
    if role.may("cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": namespace}):
        neighbours.write_metrics(region, namespace, values)
