"""The role that SageMaker takes: exactly what it needs, set right where somebody changed it, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused
from sentiment_cli.events import ignore
from sentiment_cli.resources import execution_role
from sentiment_cli.resources.execution_role import ExecutionRole
from sentiment_cli.resources.names import PROJECT_TAG, Names, tag_list
from sentiment_cli.resources.service_role import POLICY, trust

TRUST = trust(ExecutionRole.service)


@pytest.fixture
def made(aws: Aws, names: Names) -> ExecutionRole:
    one = ExecutionRole(names)
    one.create(aws, ignore)
    return one


def found(aws: Aws, role: ExecutionRole) -> Mapping[str, Any]:
    seen = role.describe(aws)
    assert seen is not None
    return seen


def tags_of(aws: Aws, name: str) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in aws.client("iam").list_role_tags(RoleName=name)["Tags"]}


def of_somebody_else(aws: Aws, names: Names) -> None:
    aws.client("iam").create_role(
        RoleName=names.execution_role,
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Tags=[{"Key": PROJECT_TAG, "Value": "somebody-elses"}],
    )


def test_what_is_made_is_kept(aws: Aws, names: Names) -> None:
    one = ExecutionRole(names)
    assert one.describe(aws) is None

    one.create(aws, ignore)

    decision = one.compare(found(aws, one))
    assert (decision.action, decision.reason) == ("keep", "same permissions")
    assert tags_of(aws, one.name) == names.tags


def test_looking_changes_nothing(aws: Aws, made: ExecutionRole, changes: Any) -> None:
    made.compare(found(aws, made))
    execution_role.existing(aws, made.names)

    assert changes() == []


def test_an_attempt_that_broke_off_is_completed(aws: Aws, names: Names) -> None:
    aws.client("iam").create_role(
        RoleName=names.execution_role, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tag_list(names.tags)
    )
    one = ExecutionRole(names)
    assert one.compare(found(aws, one)).action == "update"

    one.create(aws, ignore)
    one.create(aws, ignore)

    assert one.compare(found(aws, one)).action == "keep"


def test_it_allows_what_hosting_needs_and_nothing_else(aws: Aws, made: ExecutionRole) -> None:
    name, here = made.names, f"{aws.region}:{aws.account}"
    seen = aws.client("iam").get_role_policy(RoleName=made.name, PolicyName=POLICY)["PolicyDocument"]
    allowed = {action: each["Resource"] for each in seen["Statement"] for action in each["Action"]}
    group = f"arn:aws:logs:{here}:log-group:/aws/sagemaker/Endpoints/{name.endpoint}"
    repository = f"arn:aws:ecr:{here}:repository/{name.repository}"

    assert allowed == {
        "s3:GetObject": f"arn:aws:s3:::{name.bucket}/*",
        "s3:ListBucket": f"arn:aws:s3:::{name.bucket}",
        "ecr:BatchCheckLayerAvailability": repository,
        "ecr:BatchGetImage": repository,
        "ecr:GetDownloadUrlForLayer": repository,
        "ecr:GetAuthorizationToken": "*",
        "cloudwatch:PutMetricData": "*",
        "logs:CreateLogGroup": [group, f"{group}:*"],
        "logs:CreateLogStream": [group, f"{group}:*"],
        "logs:DescribeLogStreams": [group, f"{group}:*"],
        "logs:PutLogEvents": [group, f"{group}:*"],
    }
    assert {each["Effect"] for each in seen["Statement"]} == {"Allow"}
    (metrics,) = (each for each in seen["Statement"] if each["Action"] == ["cloudwatch:PutMetricData"])
    assert metrics["Condition"] == {"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker*", "/aws/sagemaker/*"]}}


def test_only_sagemaker_may_take_it(aws: Aws, made: ExecutionRole) -> None:
    (statement,) = aws.client("iam").get_role(RoleName=made.name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


@pytest.mark.parametrize(
    ("lost", "reason", "repair"),
    [
        ("trust", "SageMaker may not take it", "UpdateAssumeRolePolicy"),
        ("policy", "other permissions", "PutRolePolicy"),
        ("no policy", "other permissions", "PutRolePolicy"),
        ("tags", "tags are missing", "TagRole"),
    ],
)
def test_what_somebody_changed_is_set_right(
    aws: Aws, made: ExecutionRole, changes: Any, lost: str, reason: str, repair: str
) -> None:
    iam, name = aws.client("iam"), made.name
    iam.tag_role(RoleName=name, Tags=[{"Key": "cost-centre", "Value": "7"}])
    if lost == "trust":
        other = json.dumps(TRUST).replace("sagemaker.", "lambda.")
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=other)
    elif lost == "policy":
        wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=json.dumps(wide))
    elif lost == "no policy":
        iam.delete_role_policy(RoleName=name, PolicyName=POLICY)
    else:
        iam.untag_role(RoleName=name, TagKeys=[PROJECT_TAG])
    seen = found(aws, made)
    decision = made.compare(seen)
    assert (decision.action, decision.reason) == ("update", reason)
    changes()

    made.update(aws, seen, ignore)

    assert changes() == [repair]
    assert made.compare(found(aws, made)).action == "keep"
    assert tags_of(aws, name)["cost-centre"] == "7", "what others tag is not ours to remove"


def test_a_role_of_another_project_is_left_alone(aws: Aws, names: Names, changes: Any) -> None:
    of_somebody_else(aws, names)
    one = ExecutionRole(names)
    changes()

    with pytest.raises(Refused, match="belongs to another project") as caught:
        one.compare(found(aws, one))
    with pytest.raises(Refused):
        one.create(aws, ignore)

    assert (caught.value.exit_code, caught.value.code) == (5, "role-taken")
    assert "somebody-elses" in caught.value.why
    assert execution_role.existing(aws, names) == []
    assert "PutRolePolicy" not in changes()


def test_only_its_own_stage_finds_it(aws: Aws, made: ExecutionRole) -> None:
    longer = replace(made.names, project=f"{made.names.project}-dev", stage="x")
    ExecutionRole(longer).create(aws, ignore)

    assert [each.name for each in execution_role.existing(aws, made.names)] == [made.name]
    assert [each.name for each in execution_role.existing(aws, longer)] == [ExecutionRole(longer).name]
    assert execution_role.existing(aws, replace(made.names, stage="de")) == []


def test_it_is_removed_with_what_others_hung_on_it_and_once_only(aws: Aws, made: ExecutionRole) -> None:
    iam = aws.client("iam")
    document = json.dumps(execution_role.policy(aws, made.names))
    iam.put_role_policy(RoleName=made.name, PolicyName="more", PolicyDocument=document)
    managed = iam.create_policy(PolicyName=f"{made.name}-more", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=made.name, PolicyArn=managed)
    (one,) = execution_role.existing(aws, made.names)
    assert not one.bills

    one.delete(ignore)
    one.delete(ignore)

    assert made.describe(aws) is None
    assert execution_role.existing(aws, made.names) == []
