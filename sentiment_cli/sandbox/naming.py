"""What IAM calls an operation, whether it changes anything, and what it is about; for the access log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.reading import Asked

READS = re.compile(
    r"(Describe|List|Get|Head|BatchGet|BatchCheck|Search|Invoke|Query|Filter|Lookup|Simulate|Test|Select|Assume|Decode|"
    r"Estimate|Detect|Export)"
)
PREFIXES = {
    "cloudwatch": "cloudwatch",
    "resourcegroupstaggingapi": "tag",
    "sagemaker-runtime": "sagemaker",
    "service-quotas": "servicequotas",
}
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
S3_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
VERSIONED = {"DeleteObject": "DeleteObjectVersion", "GetObject": "GetObjectVersion"}
SPECIAL = {("lambda", "Invoke"): "InvokeFunction"}
ROLES = ("ExecutionRoleArn", "Role", "RoleArn", "RoleARN")
PASSING = {"sagemaker", "lambda", "scheduler", "application-autoscaling"}


def mutating(operation: str) -> bool:
    """Whether an operation of that name changes anything."""
    return bool(operation) and READS.match(operation) is None


def action(asked: Asked, method: str, params: Mapping[str, Any]) -> str:
    """The IAM action that allows the call: "sagemaker:CreateModel"."""
    prefix = PREFIXES.get(asked.service, asked.service)
    name = SPECIAL.get((asked.service, asked.name)) or asked.name
    if asked.service == "apigateway":
        name = method
    elif asked.service == "s3":
        name = S3_ACTIONS.get(name, name)
        name = VERSIONED.get(name, name) if _of_a_version(params) else name
    return f"{prefix}:{name}" if name else ""


def _of_a_version(params: Mapping[str, Any]) -> bool:
    several = params.get("Delete", {}).get("Objects", ())
    return bool(params.get("VersionId")) or any(each.get("VersionId") for each in several)


def implied(asked: Asked, params: Mapping[str, Any]) -> list[str]:
    """Further IAM actions that AWS asks for because of what is in the request."""
    needed = []
    if asked.service in PASSING and mutating(asked.name) and role(params):
        needed.append("iam:PassRole")
    if asked.service == "sagemaker" and asked.name.startswith("Create") and params.get("Tags"):
        needed.append("sagemaker:AddTags")
    if asked.name == "CreateRole" and params.get("Tags"):
        needed.append("iam:TagRole")
    if (
        asked.service in ("ecr", "lambda")
        and asked.name.startswith("Create")
        and (params.get("tags") or params.get("Tags"))
    ):
        needed.append(f"{asked.service}:TagResource")
    return needed


def role(params: Mapping[str, Any]) -> str:
    """The role that a request gives to the service, as a schedule does for its target; empty if none."""
    places = (params, params.get("Target") or {})
    return next((str(place[each]) for place in places for each in ROLES if place.get(each)), "")


def resource(asked: Asked, params: Mapping[str, Any]) -> str:
    """The name or ARN that a call is about, as far as its parameters tell."""
    if asked.service == "s3":
        return "/".join(str(params[part]) for part in ("Bucket", "Key") if params.get(part))
    shape = asked.operation.input_shape if asked.operation else None
    if shape is None:
        return ""
    names = [*shape.required_members, *(each for each in shape.members if re.search(r"(?i)(name|arn|id)$", each))]
    return next((params[each] for each in names if isinstance(params.get(each), str) and params[each]), "")
