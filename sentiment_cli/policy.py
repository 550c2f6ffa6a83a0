"""What whoever deploys a stage must be allowed to do, as IAM policies: exact actions, and this stage's own names.

Nothing is asked of AWS. The roles' own policies are where the roles are: `resources.execution_role`, `resources.api`.
What each action may be narrowed to:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sentiment_cli.resources.names import Names
from sentiment_cli.resources.service_role import allow

# Of a managed policy, white space not counted:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST = 6144
VERSION = "2012-10-17"
Document = dict[str, Any]


def deployer(names: Names, partition: str = "aws", *, signed: bool = False) -> list[Document]:
    """The policies of the deployer of a stage, all needed together; `signed`: its API takes signed requests only."""
    arns = _Arns(names, partition)
    found = [
        *_everywhere(arns), *_storage(arns), *_roles(arns), *_hosting(arns), *_api(arns),
        *([_asking(arns)] if signed else []),
    ]  # fmt: skip
    return split(found)


def split(statements: Sequence[Mapping[str, Any]], largest: int = LARGEST) -> list[Document]:
    """The statements in as few documents of at most `largest` characters as their order allows."""
    documents: list[list[Mapping[str, Any]]] = [[]]
    for each in statements:
        if documents[-1] and length(_document([*documents[-1], each])) > largest:
            documents.append([])
        documents[-1].append(each)
    return [_document(each) for each in documents]


def length(document: Mapping[str, Any]) -> int:
    """How IAM counts a policy's characters."""
    return len(json.dumps(document, separators=(",", ":")))


class _Arns:
    """ARNs of what a stage has, or will have."""

    def __init__(self, names: Names, partition: str) -> None:
        self.names = names
        self._partition = partition

    def here(self, service: str, resource: str) -> str:
        """In the account and the region."""
        return f"arn:{self._partition}:{service}:{self.names.region}:{self.names.account}:{resource}"

    def role(self, name: str) -> str:
        return f"arn:{self._partition}:iam::{self.names.account}:role/{name}"

    @property
    def api_role(self) -> str:
        """The one that Chalice makes for the function."""
        return self.role(f"{self.names.function}-api_handler")

    @property
    def bucket(self) -> str:
        return f"arn:{self._partition}:s3:::{self.names.bucket}"

    def gateway(self, *paths: str) -> list[str]:
        """Paths of API Gateway, where ids are given out by AWS and can be in no policy before."""
        return [f"arn:{self._partition}:apigateway:{self.names.region}::{path}" for path in paths]


def _everywhere(arns: _Arns) -> list[Document]:
    """What IAM narrows to nothing, or what looks for names that are not known yet."""
    return [
        allow(
            "Look",
            [
                "cloudwatch:GetMetricData", "ecr:GetAuthorizationToken", "iam:ListRoles", "lambda:ListFunctions",
                "s3:ListAllMyBuckets", "sagemaker:ListEndpointConfigs", "sagemaker:ListEndpoints",
                "sagemaker:ListModels", "servicequotas:ListAWSDefaultServiceQuotas",
                "servicequotas:ListServiceQuotas", "tag:GetResources",
            ],
            "*",
        ),
        allow("LookAtLogGroups", ["logs:DescribeLogGroups"], arns.here("logs", "log-group:*")),
        allow("LookAtRepositories", ["ecr:DescribeRepositories"], arns.here("ecr", "repository/*")),
    ]  # fmt: skip


def _storage(arns: _Arns) -> list[Document]:
    return [
        allow(
            "Bucket",
            [
                "s3:CreateBucket", "s3:DeleteBucket", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:ListBucket",
                "s3:ListBucketMultipartUploads", "s3:ListBucketVersions", "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
            ],
            arns.bucket,
        ),
        allow(
            "Artifacts",
            [
                "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject",
            ],
            f"{arns.bucket}/*",
        ),
        allow(
            "Images",
            [
                "ecr:BatchCheckLayerAvailability", "ecr:BatchDeleteImage", "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload", "ecr:CreateRepository", "ecr:DeleteRepository", "ecr:DescribeImages",
                "ecr:GetLifecyclePolicy", "ecr:InitiateLayerUpload", "ecr:ListTagsForResource", "ecr:PutImage",
                "ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy", "ecr:TagResource", "ecr:UploadLayerPart",
            ],
            arns.here("ecr", f"repository/{arns.names.repository}"),
        ),
    ]  # fmt: skip


def _roles(arns: _Arns) -> list[Document]:
    execution, expiry = arns.role(arns.names.execution_role), arns.role(arns.names.expiry_role)
    return [
        allow(
            "Roles",
            [
                "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:GetRole",
                "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePolicy",
                "iam:TagRole", "iam:UpdateAssumeRolePolicy",
            ],
            [execution, expiry, arns.api_role],
        ),
        # Chalice looks whether there is a role of the name that an early version of it gave.
        allow("LookForOldRole", ["iam:GetRole"], arns.role(arns.names.function)),
        # Each of them trusts one of these services only.
        {
            **allow("PassRoles", ["iam:PassRole"], [execution, expiry, arns.api_role]),
            "Condition": {
                "StringEquals": {
                    "iam:PassedToService": [f"{each}.amazonaws.com" for each in ("lambda", "sagemaker", "scheduler")]
                }
            },
        },
    ]  # fmt: skip


def _hosting(arns: _Arns) -> list[Document]:
    names = arns.names
    endpoint = arns.here("sagemaker", f"endpoint/{names.endpoint}")
    config = arns.here("sagemaker", f"endpoint-config/{names.prefix}-*")
    model = arns.here("sagemaker", f"model/{names.prefix}-*")
    groups = [f"/aws/sagemaker/Endpoints/{names.endpoint}", f"/aws/lambda/{names.function}"]
    logs = [arns.here("logs", f"log-group:{each}") for each in groups]
    return [
        allow("Tags", ["sagemaker:AddTags"], [model, config, endpoint]),
        allow("Models", ["sagemaker:CreateModel", "sagemaker:DeleteModel", "sagemaker:DescribeModel"], model),
        allow(
            "Endpoint",
            ["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"],
            [endpoint, config],  # both are asked for
        ),
        allow("EndpointItself", [f"sagemaker:{each}Endpoint" for each in ("Delete", "Describe", "Invoke")], endpoint),
        allow(
            "EndpointConfigurations",
            [f"sagemaker:{each}EndpointConfig" for each in ("Create", "Delete", "Describe")],
            config,
        ),
        allow(
            "Logs",
            [
                "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DescribeLogStreams", "logs:FilterLogEvents",
                "logs:GetLogEvents", "logs:PutRetentionPolicy",
            ],
            [f"{each}:*" for each in logs],
        ),
        allow(
            "Expiry",
            [f"scheduler:{each}Schedule" for each in ("Create", "Delete", "Get", "Update")],
            arns.here("scheduler", f"schedule/default/{names.expiry}"),
        ),
        # These three alone are checked on the ARN without :* at its end.
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
        allow("LogTags", ["logs:ListTagsForResource", "logs:TagResource"], logs),
    ]  # fmt: skip


def _api(arns: _Arns) -> list[Document]:
    return [
        allow(
            "Function",
            [
                f"lambda:{each}"
                for each in (
                    "AddPermission", "CreateFunction", "DeleteFunction", "DeleteFunctionConcurrency", "GetFunction",
                    "GetFunctionConfiguration", "GetPolicy", "ListTags", "TagResource", "UntagResource",
                    "UpdateFunctionCode", "UpdateFunctionConfiguration",
                )
            ],
            arns.here("lambda", f"function:{arns.names.function}"),
        ),
        allow("Apis", _verbs("DELETE", "GET", "PATCH", "POST", "PUT"), arns.gateway("/restapis", "/restapis/*")),
        allow(
            "KeysAndPlans",
            _verbs("DELETE", "GET", "PATCH", "POST"),
            arns.gateway("/apikeys", "/apikeys/*", "/usageplans", "/usageplans/*"),
        ),
        allow("ApiTags", _verbs("PUT"), arns.gateway("/tags/*")),
    ]  # fmt: skip


def _asking(arns: _Arns) -> Document:
    """The id of the API is not known before; its stage is always named "api"."""
    return allow("AskTheApi", ["execute-api:Invoke"], arns.here("execute-api", "*/api/*"))


def _verbs(*methods: str) -> list[str]:
    return [f"apigateway:{each}" for each in methods]


def _document(statements: Sequence[Mapping[str, Any]]) -> Document:
    return {"Version": VERSION, "Statement": [dict(each) for each in statements]}
