"""Tagged resources of every service."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Aws

TAGS = [{"Key": "Name", "Value": "ä"}]


@pytest.fixture
def tagged(aws: Aws, name: str) -> dict[str, str]:
    """A resource of each of several services, all tagged Name=ä and owner=`name`; ARN by kind."""
    tags = [*TAGS, {"Key": "owner", "Value": name}]
    flat = {each["Key"]: each["Value"] for each in tags}
    region = "eu-west-1"
    s3 = aws.client("s3", region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    repository = aws.client("ecr", region).create_repository(repositoryName=name, tags=tags)["repository"]
    api = aws.client("apigateway", region).create_rest_api(name=name, tags=flat)
    logs = aws.client("logs", region)
    logs.create_log_group(logGroupName=name, tags=flat)
    aws.client("cloudwatch", region).put_metric_alarm(
        AlarmName=name, MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Statistic="Sum", Threshold=1,
        ComparisonOperator="GreaterThanThreshold", Tags=tags,
    )  # fmt: skip
    return {
        "s3": f"arn:aws:s3:::{name}",
        "ecr:repository": repository["repositoryArn"],
        "apigateway:restapis": f"arn:aws:apigateway:{region}::/restapis/{api['id']}",
        "logs:log-group": f"arn:aws:logs:{region}:123456789012:log-group:{name}",
        "cloudwatch:alarm": f"arn:aws:cloudwatch:{region}:123456789012:alarm:{name}",
    }


def listed(aws: Aws, region: str = "eu-west-1", **params: Any) -> dict[str, dict[str, str]]:
    pages = aws.client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate(**params)
    found = [each for page in pages for each in page["ResourceTagMappingList"]]
    return {each["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in found}


def test_resources_by_their_tags(aws: Aws, name: str, tagged: dict[str, str]) -> None:
    mine = [{"Key": "owner", "Values": [name]}]
    assert listed(aws, TagFilters=mine) == {arn: {"Name": "ä", "owner": name} for arn in tagged.values()}
    assert listed(aws, TagFilters=[*mine, {"Key": "Name", "Values": ["b"]}]) == {}
    assert set(listed(aws, TagFilters=[*mine, {"Key": "Name"}])) == set(tagged.values())
    for kind, arn in tagged.items():
        assert list(listed(aws, TagFilters=mine, ResourceTypeFilters=[kind])) == [arn]
    assert list(listed(aws, ResourceARNList=[tagged["s3"]])) == [tagged["s3"]]


def test_resources_come_in_pages(aws: Aws, name: str, tagged: dict[str, str]) -> None:
    mine = [{"Key": "owner", "Values": [name]}]
    assert set(listed(aws, TagFilters=mine, PaginationConfig={"PageSize": 2})) == set(tagged.values())


def test_resources_of_one_region(aws: Aws, name: str, tagged: dict[str, str]) -> None:
    assert listed(aws, "us-east-1", TagFilters=[{"Key": "owner", "Values": [name]}]) == {}


def test_what_has_no_tags_is_not_there(aws: Aws, name: str) -> None:
    aws.client("s3").create_bucket(Bucket=name)
    assert f"arn:aws:s3:::{name}" not in listed(aws, "us-east-1")
