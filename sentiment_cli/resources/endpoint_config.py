"""The endpoint configuration: which model on what; its name is a digest of both, which makes it the version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sentiment_cli.clients.aws_errors import or_none, says
from sentiment_cli.clients.session import Aws
from sentiment_cli.events import Emit
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.model import of_stage
from sentiment_cli.resources.names import VERSION_TAG, Names, digest, tag_list

VARIANT = "AllTraffic"  # as in all of AWS's own examples, so that their alarms and scaling policies fit
MAX_CONCURRENCY = 10  # of a serverless endpoint; an account has 500 or 1,000 in a region
MISSING = ("ValidationException", "Could not find endpoint configuration")


@dataclass(frozen=True)
class EndpointConfig:
    """An endpoint configuration with one variant."""

    kind: ClassVar[str] = "endpoint configuration"
    usual: ClassVar[str] = ""

    names: Names
    model: str
    """Name of the SageMaker model."""
    hosting: Literal["realtime", "serverless"] = "realtime"
    instance_type: str = "ml.t2.medium"
    instance_count: int = 1
    memory_mb: int = 2048

    @property
    def name(self) -> str:
        return f"{self.names.prefix}-{self.version}"

    @property
    def version(self) -> str:
        """What tells this deployment from others."""
        return digest(self._variant())

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = or_none(
            lambda: aws.client("sagemaker").describe_endpoint_config(EndpointConfigName=self.name), *MISSING
        )
        return found

    def compare(self, found: Mapping[str, Any]) -> Decision:
        return Decision("keep", f"same model on {self.hardware}")

    def create(self, aws: Aws, emit: Emit) -> None:
        from botocore.exceptions import ClientError

        try:
            aws.client("sagemaker").create_endpoint_config(
                EndpointConfigName=self.name,
                ProductionVariants=[self._variant()],
                Tags=tag_list({**self.names.tags, VERSION_TAG: self.version}),
            )
        except ClientError as error:
            if not says(error, "ValidationException", "already existing"):
                raise

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        raise AssertionError("an endpoint configuration never changes")

    @property
    def hardware(self) -> str:
        """What the model runs on, in words."""
        if self.hosting == "serverless":
            return f"serverless, {self.memory_mb} MB"
        return f"{self.instance_count} x {self.instance_type}"

    def _variant(self) -> dict[str, Any]:
        variant: dict[str, Any] = {"VariantName": VARIANT, "ModelName": self.model}
        if self.hosting == "serverless":
            serverless = {"MemorySizeInMB": self.memory_mb, "MaxConcurrency": MAX_CONCURRENCY}
            return {**variant, "ServerlessConfig": serverless}
        return {
            **variant, "InstanceType": self.instance_type, "InitialInstanceCount": self.instance_count,
            "InitialVariantWeight": 1.0,
        }  # fmt: skip


@dataclass(frozen=True)
class _Found(EndpointConfig):
    """A configuration as AWS has it, under the name it has there."""

    called: str = ""

    @property
    def name(self) -> str:
        return self.called


def as_it_is(aws: Aws, names: Names, name: str) -> EndpointConfig:
    """The configuration of that name, as AWS has it; of one that is gone, one without a model or an instance type."""
    variant = variant_of(aws, name)
    serverless = variant.get("ServerlessConfig")
    return _Found(
        names,
        str(variant.get("ModelName", "")),
        "serverless" if serverless else "realtime",
        str(variant.get("InstanceType", "")),
        int(variant.get("InitialInstanceCount", 1)),
        int((serverless or {}).get("MemorySizeInMB", 0)),
        called=name,
    )


def delete(aws: Aws, name: str) -> None:
    """Remove a configuration; gone already is no error. The endpoint must be gone or use another by then."""
    or_none(lambda: aws.client("sagemaker").delete_endpoint_config(EndpointConfigName=name), *MISSING)


def existing(aws: Aws, names: Names) -> list[Existing]:
    """Every configuration of the stage, the newest first."""
    pages = aws.client("sagemaker").get_paginator("list_endpoint_configs").paginate(
        NameContains=f"{names.prefix}-", SortBy="CreationTime", SortOrder="Descending"
    )  # fmt: skip
    made = {str(each["EndpointConfigName"]): each["CreationTime"] for page in pages for each in page["EndpointConfigs"]}
    return [
        Existing(EndpointConfig.kind, name, lambda emit, name=name: delete(aws, name), since=made[name])  # type: ignore[misc]
        for name in of_stage(names, made)
    ]


def variant_of(aws: Aws, name: str) -> Mapping[str, Any]:
    """The variant of a configuration, as AWS has it; empty if there is no such configuration."""
    found = or_none(lambda: aws.client("sagemaker").describe_endpoint_config(EndpointConfigName=name), *MISSING)
    variant: Mapping[str, Any] = found["ProductionVariants"][0] if found else {}
    return variant


def is_serverless(aws: Aws, name: str) -> bool:
    """Whether a configuration is serverless."""
    return "ServerlessConfig" in variant_of(aws, name)


def model_of(aws: Aws, name: str) -> str:
    """Name of the model that a configuration serves; empty if there is no such configuration."""
    return str(variant_of(aws, name).get("ModelName", ""))
