"""Prices of hosting, as the Price List tells them."""

from __future__ import annotations

import json
from typing import Any

from sentiment_cli import pricing
from tests.sandbox.conftest import Aws

HOSTING = {"productFamily": "ML Instance", "component": "Hosting"}


def products(aws: Aws, **wanted: str) -> list[dict[str, Any]]:
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    pages = aws.client("pricing").get_paginator("get_products").paginate(ServiceCode="AmazonSageMaker", Filters=filters)
    return [json.loads(each) for page in pages for each in page["PriceList"]]


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
