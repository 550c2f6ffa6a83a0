"""Service Quotas, as far as SageMaker hosting goes: how many instances of each type endpoints may use at once."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Mapping
from typing import Any

from moto.core.utils import get_service_model

from sentiment_cli.sandbox import quotas
from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.gaps import paging

SERVICE = "sagemaker"
PAGE = 100
KNOWN_CODES = {"ml.m5.large": "L-614B09FD", "ml.t2.medium": "L-29C181D7"}


def list_quotas(call: Call) -> Mapping[str, Any]:
    """Those of the account, or of every new one."""
    found = _all(call)
    wanted = call.params.get("QuotaCode")
    if wanted:
        found = [each for each in found if each["QuotaCode"] == wanted]
    size = min(PAGE, call.params.get("MaxResults") or PAGE)
    items, token = paging.page(found, call.params.get("NextToken"), size, code="InvalidPaginationTokenException")
    return paging.answer("Quotas", items, token)


def get_quota(call: Call) -> Mapping[str, Any]:
    """One of them, by its code."""
    return {"Quota": _one(call)}


def request_increase(call: Call) -> Mapping[str, Any]:
    """Granted at once, which AWS takes hours or days for."""
    found, wanted = _one(call), float(call.params["DesiredValue"])
    if wanted <= found["Value"]:
        text = f"The desired value {wanted:g} must be greater than the current value {found['Value']:g}."
        raise Fault("IllegalArgumentException", text)
    quotas.grant(call.account, call.region, found["QuotaName"].partition(" ")[0], int(wanted))
    kept = {name: found[name] for name in ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn")}
    answer = {**kept, "Id": uuid.uuid4().hex, "DesiredValue": wanted, "Status": "APPROVED", "Created": time.time()}
    return {"RequestedQuota": answer}


def _one(call: Call) -> dict[str, Any]:
    wanted = call.params["QuotaCode"]
    found = next((each for each in _all(call) if each["QuotaCode"] == wanted), None)
    if found is None:
        raise Fault("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    return found


def _all(call: Call) -> list[dict[str, Any]]:
    if call.params["ServiceCode"] != SERVICE:
        raise Fault("NoSuchResourceException", "The request failed because the specified service does not exist.")
    limits = quotas.defaults() if "Default" in call.operation else quotas.limits(call.account, call.region)
    types: list[str] = get_service_model(SERVICE).shape_for("ProductionVariantInstanceType").metadata["enum"]
    return [_quota(call, name, limits[name]) for name in types]


def _quota(call: Call, instance_type: str, value: int) -> dict[str, Any]:
    code = KNOWN_CODES.get(instance_type) or f"L-{hashlib.sha256(instance_type.encode()).hexdigest()[:8].upper()}"
    return {
        "ServiceCode": SERVICE,
        "ServiceName": "Amazon SageMaker",
        "QuotaArn": f"arn:aws:servicequotas:{call.region}:{call.account}:{SERVICE}/{code}",
        "QuotaCode": code,
        "QuotaName": f"{instance_type} for endpoint usage",
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


HANDLERS = {
    ("service-quotas", "ListServiceQuotas"): list_quotas,
    ("service-quotas", "ListAWSDefaultServiceQuotas"): list_quotas,
    ("service-quotas", "GetServiceQuota"): get_quota,
    ("service-quotas", "GetAWSDefaultServiceQuota"): get_quota,
    ("service-quotas", "RequestServiceQuotaIncrease"): request_increase,
}
