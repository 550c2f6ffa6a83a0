"""What moto lacks: quotas, prices, tagged resources of every service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli import pricing
from tests.sandbox.conftest import Aws

HOSTING = {"productFamily": "ML Instance", "component": "Hosting"}
TAGS = [{"Key": "Name", "Value": "ä"}]


def quotas(aws: Aws, operation: str = "list_service_quotas") -> dict[str, dict[str, Any]]:
    pages = aws.client("service-quotas").get_paginator(operation).paginate(ServiceCode="sagemaker")
    return {each["QuotaName"]: each for page in pages for each in page["Quotas"]}


def products(aws: Aws, **wanted: str) -> list[dict[str, Any]]:
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    pages = aws.client("pricing").get_paginator("get_products").paginate(ServiceCode="AmazonSageMaker", Filters=filters)
    return [json.loads(each) for page in pages for each in page["PriceList"]]


def test_a_new_account_may_use_few_instances(aws: Aws) -> None:
    found = quotas(aws)
    values = {name.split()[0]: each["Value"] for name, each in found.items()}
    assert (values["ml.t2.medium"], values["ml.m6g.large"], values["ml.m6g.xlarge"]) == (2, 2, 1)
    assert values["ml.m7i.large"] == 0
    assert all(name.endswith(" for endpoint usage") for name in found)
    assert found["ml.m5.large for endpoint usage"]["QuotaCode"] == "L-614B09FD"
    assert len(found) > 250
    assert found == quotas(aws, "list_aws_default_service_quotas")


def test_one_quota_by_its_code(aws: Aws) -> None:
    client = aws.client("service-quotas")
    found = client.get_service_quota(ServiceCode="sagemaker", QuotaCode="L-29C181D7")["Quota"]
    assert found["QuotaName"] == "ml.t2.medium for endpoint usage"
    for service, code in (("sagemaker", "L-00000000"), ("nothing", "L-29C181D7")):
        with pytest.raises(client.exceptions.NoSuchResourceException):
            client.get_service_quota(ServiceCode=service, QuotaCode=code)


def test_the_price_of_an_instance(aws: Aws) -> None:
    (found,) = products(aws, regionCode="eu-west-1", instanceName="ml.m5.large", **HOSTING)
    assert found["product"]["attributes"]["usagetype"] == "EUW1-Host:ml.m5.large"
    (term,) = found["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    assert dimension["unit"] == "Hrs"
    listed = pricing.instance_type("ml.m5.large")
    assert listed is not None
    assert float(dimension["pricePerUnit"]["USD"]) == listed.usd_per_hour


def test_prices_come_in_pages(aws: Aws) -> None:
    found = products(aws, **HOSTING)
    assert len(found) == len(pricing.REGION_PLACES) * len(pricing.INSTANCE_TYPES) > 100
    assert len({each["product"]["sku"] for each in found}) == len(found)


def test_no_price_is_no_error(aws: Aws) -> None:
    assert products(aws, regionCode="eu-west-1", instanceName="ml.x1.large", **HOSTING) == []
    assert products(aws, regionCode="eu-central-2", productFamily="ML Serverless") == []
    assert len(products(aws, regionCode="eu-west-1", productFamily="ML Serverless")) == 6


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


def test_what_the_sandbox_lacks_it_says(aws: Aws) -> None:
    role = "arn:aws:iam::123456789012:role/r"
    for service, operation, params in (
        ("apigateway", "get_usage", {"usagePlanId": "p", "startDate": "2026-01-01", "endDate": "2026-01-02"}),
        (
            "iam",
            "simulate_principal_policy",
            {"PolicySourceArn": role, "ActionNames": ["a:b"]},
        ),
    ):
        with pytest.raises(ClientError, match="The sandbox does not offer") as caught:
            getattr(aws.client(service), operation)(**params)
        assert caught.value.response["Error"]["Code"] == "NotImplemented"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
