"""The Price List, as far as hosting goes; the figures are those of `sentiment_cli.pricing`, in every region."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sentiment_cli import pricing
from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.gaps import paging

SERVICE = "AmazonSageMaker"
PAGE = 100
MEMORY_GB = range(1, 7)
PUBLISHED = "2026-07-01T00:00:00Z"


def get_products(call: Call) -> Mapping[str, Any]:
    """Every product whose attributes are as the filters say."""
    if call.params["ServiceCode"] != SERVICE:
        raise Fault("NotFoundException", f"The sandbox has no prices of {call.params['ServiceCode']}.")
    wanted = [(each["Field"], each["Value"]) for each in call.params.get("Filters", ())]
    found = [product for product in _products() if all(_has(product, *each) for each in wanted)]
    size = call.params.get("MaxResults") or PAGE
    items, token = paging.page(found, call.params.get("NextToken"), size, code="InvalidNextTokenException")
    listed = paging.answer("PriceList", [json.dumps(each) for each in items], token)
    return {"FormatVersion": "aws_v1", **listed}


def _has(product: Mapping[str, Any], name: str, value: str) -> bool:
    described = product["product"]
    attributes = {**described["attributes"], "productFamily": described["productFamily"], "sku": described["sku"]}
    return bool(attributes.get(name, "").lower() == value.lower())


def _products() -> Iterator[dict[str, Any]]:
    for region in pricing.REGION_PLACES:
        for each in pricing.INSTANCE_TYPES:
            yield _instance(region, each)
        if region not in pricing.NO_SERVERLESS_REGIONS:
            yield from (_serverless(region, memory) for memory in MEMORY_GB)


def _instance(region: str, each: pricing.InstanceType) -> dict[str, Any]:
    attributes = {
        "component": "Hosting",
        "instanceName": each.name,
        "instanceType": f"{each.name}-Hosting",
        "memory": f"{each.memory_gib} GiB",
        "operation": "RunInstance",
        "usagetype": f"{_prefix(region)}-Host:{each.name}",
        "vCpu": str(each.vcpus),
    }
    return _product(region, "ML Instance", attributes, "Hrs", each.usd_per_hour)


def _serverless(region: str, memory: int) -> dict[str, Any]:
    usage = f"{_prefix(region)}-ServerlessInf:Mem-{memory}GB"
    attributes = {"component": "Serverless Inference", "operation": "Invoke-Endpoint", "usagetype": usage}
    return _product(region, "ML Serverless", attributes, "seconds", memory * pricing.SERVERLESS_USD_PER_GB_SECOND)


def _product(region: str, family: str, attributes: Mapping[str, str], unit: str, usd: float) -> dict[str, Any]:
    sku = hashlib.sha256(attributes["usagetype"].encode()).hexdigest()[:16].upper()
    term = f"{sku}.JRTCKXETXF"
    dimension = {
        "rateCode": f"{term}.6YS6EN2CT7",
        "unit": unit,
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"${usd} per {unit} of {attributes['usagetype']}",
        "appliesTo": [],
        "pricePerUnit": {"USD": f"{usd:.10f}"},
    }
    offer = {
        "sku": sku,
        "offerTermCode": "JRTCKXETXF",
        "effectiveDate": PUBLISHED,
        "priceDimensions": {f"{term}.6YS6EN2CT7": dimension},
        "termAttributes": {},
    }
    described = {"regionCode": region, "location": pricing.REGION_PLACES[region], "servicecode": SERVICE, **attributes}
    return {
        "serviceCode": SERVICE,
        "product": {"sku": sku, "productFamily": family, "attributes": described},
        "terms": {"OnDemand": {term: offer}},
        "version": PUBLISHED,
        "publicationDate": PUBLISHED,
    }


def _prefix(region: str) -> str:
    """The letters that usage types of a region begin with: USE1 for us-east-1."""
    area, place, number = region.split("-")
    return f"{area}{''.join(word[0] for word in _words(place))}{number}".upper()


def _words(place: str) -> list[str]:
    return [place[:5], place[5:]] if place.startswith(("north", "south")) and len(place) > 5 else [place]


HANDLERS = {("pricing", "GetProducts"): get_products}
