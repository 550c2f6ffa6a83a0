"""GetResources, over every service that the inventory sees; moto's own leaves out half of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.gaps import paging
from sentiment_cli.sandbox.inventory import Inventory, Resource

PAGE = 100  # at most; 50 unless asked
USUAL = 50


def handlers(context: Context) -> Mapping[tuple[str, str], Handler]:
    """The handlers of one sandbox."""

    def get_resources(call: Call) -> Mapping[str, Any]:
        found = [each for each in Inventory(context, call.account, call.region).all() if _wanted(each, call.params)]
        size = min(PAGE, call.params.get("ResourcesPerPage") or USUAL)
        token = call.params.get("PaginationToken")
        items, following = paging.page(found, token, size, code="PaginationTokenExpiredException")
        return {"ResourceTagMappingList": [_mapping(each) for each in items], "PaginationToken": following}

    return {("resourcegroupstaggingapi", "GetResources"): get_resources}


def _wanted(each: Resource, params: Mapping[str, Any]) -> bool:
    if arns := params.get("ResourceARNList"):
        if params.get("TagFilters") or params.get("ResourceTypeFilters"):
            raise Fault("InvalidParameterException", "ResourceARNList cannot be combined with other filters.")
        return each.arn in arns
    types = params.get("ResourceTypeFilters")
    if types and not any(kind in (each.kind, each.kind.partition(":")[0]) for kind in types):
        return False
    # What was never tagged is not the tagging API's business.
    return bool(each.tags) and all(_tagged(each, one) for one in params.get("TagFilters", ()))


def _tagged(each: Resource, wanted: Mapping[str, Any]) -> bool:
    values = wanted.get("Values")
    return wanted["Key"] in each.tags and (not values or each.tags[wanted["Key"]] in values)


def _mapping(each: Resource) -> dict[str, Any]:
    return {"ResourceARN": each.arn, "Tags": [{"Key": key, "Value": value} for key, value in each.tags.items()]}
