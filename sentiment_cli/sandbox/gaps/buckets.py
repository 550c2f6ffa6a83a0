"""What S3 refuses and moto takes: bad names of buckets, unknown values, broken policies, buckets of other accounts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from moto.core.utils import get_service_model
from moto.s3.models import s3_backends

from sentiment_cli.sandbox import constraints
from sentiment_cli.sandbox.calls import Call, Fault

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
LEFT_TO_MOTO = "createBucketConfiguration.locationConstraint"


def check(call: Call) -> None:
    """Raises the Fault that S3 answers with."""
    name = str(call.params.get("Bucket", ""))
    if call.operation == "CreateBucket":
        _check_name(name)
    else:
        _check_owner(call, name)
    _check_values(call)
    if call.operation == "PutBucketPolicy":
        _check_policy(name, str(call.params.get("Policy", "")))


def _check_name(name: str) -> None:
    proper = 3 <= len(name) <= 63 and NAME.fullmatch(name) and not ADDRESS.fullmatch(name)
    if not proper or name.startswith(PREFIXES) or name.endswith(SUFFIXES):
        raise Fault("InvalidBucketName", "The specified bucket is not valid.", BucketName=name)


def _check_owner(call: Call, name: str) -> None:
    """What exactly a policy allows is not looked at: one that allows anything opens the bucket."""
    partition, owner = s3_backends.bucket_accounts.get(name, ("", ""))
    if not owner or owner == call.account:
        return
    bucket = s3_backends[owner][partition].buckets.get(name)
    if bucket is not None and not any(each.get("Effect") == "Allow" for each in _statements(bucket.policy)):
        raise Fault("AccessDenied", "Access Denied", 403)


def _check_values(call: Call) -> None:
    shape = get_service_model("s3").operation_model(call.operation).input_shape
    for where, _, what in constraints.violations(shape, call.params):
        if "enum" in what and where != LEFT_TO_MOTO:
            if "." in where:
                text = "The XML you provided was not well-formed or did not validate against our published schema"
                raise Fault("MalformedXML", text)
            raise Fault("InvalidArgument", f"Invalid value for {where}", ArgumentName=where)


def _check_policy(name: str, policy: str) -> None:
    try:
        read = json.loads(policy)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise Fault("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
    if not read.get("Statement"):
        raise Fault("MalformedPolicy", "Missing required field Statement")
    for each in _statements(read):
        for field in ("Effect", "Principal", "Action", "Resource"):
            if field not in each and f"Not{field}" not in each:
                raise Fault("MalformedPolicy", f"Missing required field {field}")
        if not all(_is_of(name, resource) for resource in _listed(each.get("Resource", ()))):
            raise Fault("MalformedPolicy", "Policy has invalid resource")


def _is_of(name: str, resource: str) -> bool:
    own = f"arn:aws:s3:::{name}"
    return resource == own or resource.startswith((f"{own}/", f"{own}*"))


def _statements(policy: Any) -> Iterable[dict[str, Any]]:
    read = json.loads(policy) if isinstance(policy, (str, bytes)) else policy or {}
    found = read.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _listed(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else value
