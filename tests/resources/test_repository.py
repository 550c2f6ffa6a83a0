"""The image repository: made whole, set right where somebody changed it, and removed with all its images."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused
from sentiment_cli.events import ignore
from sentiment_cli.resources import repository
from sentiment_cli.resources.names import PROJECT_TAG, Names
from sentiment_cli.resources.repository import Repository

pytestmark = pytest.mark.docker


@pytest.fixture
def made(aws: Aws, names: Names) -> Repository:
    one = Repository(names)
    one.create(aws, ignore)
    return one


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    found = aws.client("ecr").list_tags_for_resource(resourceArn=arn)["tags"]
    return {each["Key"]: each["Value"] for each in found}


def test_what_is_made_is_kept(aws: Aws, names: Names) -> None:
    one = Repository(names)
    assert one.describe(aws) is None

    one.create(aws, ignore)

    found = one.describe(aws)
    assert found is not None
    assert one.compare(found).action == "keep"


def test_tags_are_immutable_and_old_images_expire(aws: Aws, made: Repository) -> None:
    ecr = aws.client("ecr")
    (found,) = ecr.describe_repositories(repositoryNames=[made.name])["repositories"]
    rules = json.loads(ecr.get_lifecycle_policy(repositoryName=made.name)["lifecyclePolicyText"])["rules"]

    assert found["imageTagMutability"] == "IMMUTABLE"
    assert [each["selection"]["countType"] for each in rules] == ["sinceImagePushed", "imageCountMoreThan"]
    assert tags_of(aws, found["repositoryArn"]) == made.names.tags


def test_keeping_changes_nothing(aws: Aws, made: Repository, operations: Any) -> None:
    made.compare(made.describe(aws) or {})

    assert operations("ecr") == ["DescribeRepositories", "GetLifecyclePolicy", "ListTagsForResource"]


@pytest.mark.parametrize("lost", ["immutable tags", "lifecycle policy", "tags"])
def test_what_somebody_changed_is_set_right(aws: Aws, made: Repository, lost: str) -> None:
    ecr, arn = aws.client("ecr"), aws.arn("ecr", f"repository/{made.name}")
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "cost-centre", "Value": "7"}])
    if lost == "immutable tags":
        ecr.put_image_tag_mutability(repositoryName=made.name, imageTagMutability="MUTABLE")
    elif lost == "lifecycle policy":
        ecr.delete_lifecycle_policy(repositoryName=made.name)
    else:
        ecr.untag_resource(resourceArn=arn, tagKeys=[PROJECT_TAG])
    found = made.describe(aws)
    assert found is not None
    decision = made.compare(found)
    assert (decision.action, lost in decision.reason) == ("update", True)

    made.update(aws, found, ignore)

    assert made.compare(made.describe(aws) or {}).action == "keep"
    assert tags_of(aws, arn)["cost-centre"] == "7", "what others tag is not ours to remove"


def test_an_attempt_that_broke_off_is_completed(aws: Aws, names: Names) -> None:
    aws.client("ecr").create_repository(repositoryName=names.repository)

    Repository(names).create(aws, ignore)

    assert Repository(names).compare(Repository(names).describe(aws) or {}).action == "keep"


def test_a_repository_of_another_project_is_left_alone(aws: Aws, names: Names) -> None:
    first = Repository(replace(names, project=f"{names.project}-a", stage="b"))
    second = Repository(replace(names, stage="a-b"))
    assert first.name == second.name
    first.create(aws, ignore)

    with pytest.raises(Refused, match="belongs to another project"):
        second.compare(second.describe(aws) or {})
    with pytest.raises(Refused):
        second.create(aws, ignore)
    assert repository.existing(aws, second.names) == []
    assert len(repository.existing(aws, first.names)) == 1


def test_it_is_removed_once_and_for_all(aws: Aws, made: Repository) -> None:
    (found,) = repository.existing(aws, made.names)
    assert found.name == made.name

    found.delete(ignore)
    found.delete(ignore)

    assert repository.existing(aws, made.names) == []
    assert made.describe(aws) is None
