"""The ECR repository of a stage: a tag never changes its image, old images expire; deleted with its images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import code_of, or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused
from sentiment_cli.events import Emit
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.names import PROJECT_TAG, STAGE_TAG, Names, tag_list

IMMUTABLE = "IMMUTABLE"
KEPT_IMAGES = 20
KEPT_DAYS = 7  # for what has no tag: parts of an index, and what a broken-off push left
NONE = "RepositoryNotFoundException"

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html
LIFECYCLE: dict[str, Any] = {
    "rules": [
        {
            "rulePriority": 1,
            "description": f"Images without a tag expire after {KEPT_DAYS} days",
            "selection": {
                "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": KEPT_DAYS,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": f"The newest {KEPT_IMAGES} images are kept",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES},
            "action": {"type": "expire"},
        },
    ]
}  # fmt: skip


@dataclass(frozen=True)
class Repository:
    """The repository for the inference images of a stage."""

    kind: ClassVar[str] = "image repository"
    usual: ClassVar[str] = ""

    names: Names

    @property
    def name(self) -> str:
        return self.names.repository

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        ecr, found = aws.client("ecr"), find(aws, self.name)
        if found is None:
            return None
        lifecycle = or_none(
            lambda: ecr.get_lifecycle_policy(repositoryName=self.name)["lifecyclePolicyText"],
            "LifecyclePolicyNotFoundException",
        )
        tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
        return {
            "arn": found["repositoryArn"],
            "immutable tags": found["imageTagMutability"] == IMMUTABLE,
            "lifecycle policy": lifecycle is not None and json.loads(lifecycle) == LIFECYCLE,
            "tags": {each["Key"]: each["Value"] for each in tags},
            "since": found.get("createdAt"),
        }

    def compare(self, found: Mapping[str, Any]) -> Decision:
        _refuse_of_others(self.names, found["tags"])
        lacking = [setting for setting in ("immutable tags", "lifecycle policy") if not found[setting]]
        if not self.names.tags.items() <= found["tags"].items():
            lacking.append("tags")
        if lacking:
            return Decision("update", f"without its {', '.join(lacking)}")
        return Decision("keep", "immutable tags, old images expire")

    def create(self, aws: Aws, emit: Emit) -> None:
        from botocore.exceptions import ClientError

        try:
            aws.client("ecr").create_repository(
                repositoryName=self.name, imageTagMutability=IMMUTABLE, tags=tag_list(self.names.tags)
            )
        except ClientError as error:
            if code_of(error) != "RepositoryAlreadyExistsException":
                raise
        # What an earlier attempt made may lack what it did not come to.
        found = self.describe(aws)
        if found is not None:
            self.update(aws, found, emit)

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        _refuse_of_others(self.names, found["tags"])
        ecr = aws.client("ecr")
        if not found["immutable tags"]:
            ecr.put_image_tag_mutability(repositoryName=self.name, imageTagMutability=IMMUTABLE)
        if not found["lifecycle policy"]:
            ecr.put_lifecycle_policy(repositoryName=self.name, lifecyclePolicyText=json.dumps(LIFECYCLE))
        if not self.names.tags.items() <= found["tags"].items():
            ecr.tag_resource(resourceArn=found["arn"], tags=tag_list(self.names.tags))


def delete(aws: Aws, name: str, emit: Emit) -> None:
    """Remove the repository with all its images; gone is no error."""
    or_none(lambda: aws.client("ecr").delete_repository(repositoryName=name, force=True), NONE)


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The stage's repository, if there is one and no other project's or stage's tags are on it."""
    found = Repository(names).describe(aws)
    if found is None or _strange_tag(names, found["tags"]):
        return []
    return [
        Existing(
            Repository.kind, names.repository, lambda emit: delete(aws, names.repository, emit), since=found["since"]
        )
    ]


def uri(aws: Aws, names: Names) -> str:
    """What Docker and SageMaker call the repository, without tag or digest; AWS knows where its registry is."""
    found = aws.client("ecr").describe_repositories(repositoryNames=[names.repository])["repositories"]
    return str(found[0]["repositoryUri"])


def find(aws: Aws, name: str) -> Mapping[str, Any] | None:
    """What ECR says of a repository; None if there is none of that name."""
    ecr = aws.client("ecr")
    found: Mapping[str, Any] | None = or_none(
        lambda: ecr.describe_repositories(repositoryNames=[name])["repositories"][0], NONE
    )
    return found


def _strange_tag(names: Names, tags: Mapping[str, str]) -> str | None:
    """The first of its tags that says another project or stage: anybody may have made something of that name."""
    return next((tag for tag in (PROJECT_TAG, STAGE_TAG) if tags.get(tag, names.tags[tag]) != names.tags[tag]), None)


def _refuse_of_others(names: Names, tags: Mapping[str, str]) -> None:
    if tag := _strange_tag(names, tags):
        raise Refused(
            f"The image repository {names.repository} belongs to another project or stage.",
            f"Its tag {tag} is {tags[tag]}, not {names.tags[tag]}.",
            "Choose another project name in sentiment.toml, or another --stage.",
            code="repository-of-others",
        )
