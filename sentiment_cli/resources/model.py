"""The SageMaker model: which image, which artifact, which role; its name is a digest of them, so it never changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import message_of, or_none, says
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit
from sentiment_cli.resources import Decision, Existing, image, repository
from sentiment_cli.resources.execution_role import ExecutionRole
from sentiment_cli.resources.names import VERSION_TAG, Names, digest, tag_list
from sentiment_cli.resources.service_role import PATIENCE, once_known

_UNKNOWN_YET = ("Could not assume role", "Could not access model data", "does not grant ecr:", "cannot pull")
MISSING = ("ValidationException", "Could not find model")


@dataclass(frozen=True)
class Model:
    """A SageMaker model."""

    kind: ClassVar[str] = "model"
    usual: ClassVar[str] = ""

    names: Names
    image_tag: str
    """A digest of what goes into the image, known before it is built; the tag is immutable, so it names one image."""
    artifact_sha256: str
    artifact_key: str
    environment: Mapping[str, str] = field(default_factory=dict)
    pushed: bool = True
    """Whether the image is in the repository, and can be named by its digest."""

    @property
    def name(self) -> str:
        content = {
            "image": self.image_tag,
            "artifact": self.artifact_sha256,
            "environment": dict(self.environment),
            "role": self.names.execution_role,
        }
        return f"{self.names.prefix}-{digest(content)}"

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = or_none(
            lambda: aws.client("sagemaker").describe_model(ModelName=self.name), *MISSING
        )
        return found

    def compare(self, found: Mapping[str, Any]) -> Decision:
        return Decision("keep", "same image, artifact and role")

    def create(self, aws: Aws, emit: Emit) -> None:
        request = {
            "ModelName": self.name,
            "ExecutionRoleArn": ExecutionRole(self.names).arn(aws),
            "PrimaryContainer": {
                "Image": self._image(aws),
                "ModelDataUrl": f"s3://{self.names.bucket}/{self.artifact_key}",
                "Environment": dict(self.environment),
            },
            "Tags": tag_list({**self.names.tags, VERSION_TAG: self.artifact_sha256[:16]}),
        }
        _once_iam_knows(aws, request, emit)

    def _image(self, aws: Aws) -> str:
        if self.pushed:
            return str(image.resolved(aws, self.names, self.image_tag))
        return f"{repository.uri(aws, self.names)}:{self.image_tag}"

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        raise AssertionError("a model never changes")


def delete(aws: Aws, name: str) -> None:
    """Remove a model; gone already is no error. An endpoint that serves it goes on."""
    or_none(lambda: aws.client("sagemaker").delete_model(ModelName=name), *MISSING)


def existing(aws: Aws, names: Names) -> list[Existing]:
    """Every model of the stage, also those of versions that were replaced; the newest first."""
    pages = aws.client("sagemaker").get_paginator("list_models").paginate(
        NameContains=f"{names.prefix}-", SortBy="CreationTime", SortOrder="Descending"
    )  # fmt: skip
    made = {str(each["ModelName"]): each["CreationTime"] for page in pages for each in page["Models"]}
    return [
        Existing(Model.kind, name, lambda emit, name=name: delete(aws, name), since=made[name])  # type: ignore[misc]
        for name in of_stage(names, made)
    ]


def of_stage(names: Names, found: Iterable[str]) -> list[str]:
    """Those of `found` that are a name of this stage with a digest."""
    return [name for name in found if re.fullmatch(rf"{re.escape(names.prefix)}-[0-9a-f]{{10}}", name)]


def _once_iam_knows(aws: Aws, request: Mapping[str, Any], emit: Emit) -> None:
    from botocore.exceptions import ClientError

    try:
        once_known(aws, lambda: aws.client("sagemaker").create_model(**request), _passes, emit, PATIENCE)
    except ClientError as error:
        if says(error, "ValidationException", "already existing"):
            return
        if not _passes(error):
            raise
        raise SentimentError(
            f"SageMaker cannot use the role {request['ExecutionRoleArn']}.",
            f"AWS still says after {PATIENCE:.0f} s: {message_of(error).rstrip('.')}.",
            "Look at the role's trust policy and permissions in the IAM console, then run `sentiment-cli deploy` "
            "again.",
            code="role-unusable",
        ) from error


def _passes(error: Exception) -> bool:
    return says(error, "ValidationException", *_UNKNOWN_YET)
