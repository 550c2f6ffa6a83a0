"""Hosting acts with the model's execution role: what `deploy` allows it suffices, and each action is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.clients.session import unasked
from sentiment_cli.resources import execution_role
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox.hosting.metrics import FLUSH_SECONDS
from tests.sandbox.hosting.conftest import REGION, Account, Sandbox, policy, until

# What goes wrong without an action. A line needs all four for logs, if neither group nor stream is there.
LOSES = {
    "s3:GetObject": {"data", "diagnosis"},
    "s3:ListBucket": {"diagnosis"},
    "ecr:BatchCheckLayerAvailability": {"image"},
    "ecr:BatchGetImage": {"image"},
    "ecr:GetDownloadUrlForLayer": {"image"},
    "ecr:GetAuthorizationToken": {"image"},
    "cloudwatch:PutMetricData": {"metrics"},
    "logs:CreateLogGroup": {"log"},
    "logs:CreateLogStream": {"log"},
    "logs:DescribeLogStreams": {"log"},
    "logs:PutLogEvents": {"log"},
}


class Stage:
    """An endpoint that serves under the role of the stage, whose rights change."""

    def __init__(self, aws: Account, artifact: bytes) -> None:
        self.aws, self.names = aws, Names("tweets", "dev", aws.id, REGION)
        self.policy = execution_role.policy(unasked(aws.id, REGION), self.names)
        aws.bucket = self.names.bucket
        aws.s3.create_bucket(Bucket=aws.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        aws.image = f"{aws.id}.dkr.ecr.{REGION}.amazonaws.com/{self.names.repository}:1"
        aws.role = aws.make_role(self.names.execution_role, json.dumps(self.policy))
        aws.hosted(artifact, self.names.endpoint)
        self.data = aws.put(artifact)

    def may(self, document: dict[str, Any]) -> None:
        self.aws.iam.put_role_policy(
            RoleName=self.names.execution_role, PolicyName="all", PolicyDocument=json.dumps(document)
        )

    def wrong(self) -> set[str]:
        """What does not go as it should."""
        told = self._refusal(self.data)
        missing = self._refusal(f"s3://{self.aws.bucket}/nothing.tar.gz")
        before = self._invocations()
        group = f"/aws/sagemaker/Endpoints/{self.names.endpoint}"
        if self.aws.log(self.names.endpoint):
            self.aws.logs.delete_log_group(logGroupName=group)
        with pytest.raises(ClientError, match="ModelError"):  # which the server tells in its log
            self.aws.runtime.invoke_endpoint(
                EndpointName=self.names.endpoint, ContentType="application/json", Body=b"{}"
            )
        return {
            *(["data" if "Could not access model data" in told else "image"] if told else []),
            *(["diagnosis"] if "Could not find model data" not in missing else []),
            *(["metrics"] if not soon(lambda: self._invocations() > before) else []),
            *(["log"] if not soon(lambda: self.aws.log(self.names.endpoint), 0.1) else []),
        }

    def _refusal(self, url: str) -> str:
        try:
            self.aws.sagemaker.create_model(
                ModelName="probe", ExecutionRoleArn=self.aws.role,
                PrimaryContainer={"Image": self.aws.image, "ModelDataUrl": url},
            )  # fmt: skip
        except ClientError as error:
            return str(error)
        self.aws.sagemaker.delete_model(ModelName="probe")
        return ""

    def _invocations(self) -> float:
        hour = timedelta(hours=1)
        points = self.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker", MetricName="Invocations", Period=7200, Statistics=["Sum"],
            StartTime=datetime.now(UTC) - hour, EndTime=datetime.now(UTC) + hour,
            Dimensions=[
                {"Name": "EndpointName", "Value": self.names.endpoint}, {"Name": "VariantName", "Value": "AllTraffic"},
            ],
        )["Datapoints"]  # fmt: skip
        return float(sum(point["Sum"] for point in points))


def soon(look: Any, seconds: float = FLUSH_SECONDS + 0.5) -> bool:
    try:
        return bool(until(look, bool, seconds))
    except AssertionError:
        return False


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    rest = deepcopy(document)
    for statement in rest["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != action]
    rest["Statement"] = [each for each in rest["Statement"] if each["Action"]]
    return rest


@pytest.fixture(scope="module")
def stage(sandbox: Sandbox, english: bytes) -> Iterator[Stage]:
    account = Account(sandbox.url)
    yield Stage(account, english)
    account.clear()


def test_the_role_that_deploy_makes_is_enough(stage: Stage) -> None:
    stage.may(stage.policy)
    assert stage.wrong() == set()


def test_what_it_may_do_is_what_goes_wrong_without(stage: Stage) -> None:
    assert {action for each in stage.policy["Statement"] for action in each["Action"]} == set(LOSES)


@pytest.mark.parametrize("action", LOSES)
def test_each_of_its_actions_is_needed(stage: Stage, action: str) -> None:
    stage.may(without(stage.policy, action))
    assert stage.wrong() == LOSES[action]


def test_only_numbers_of_hosting_itself_may_be_written(stage: Stage) -> None:
    assert stage.policy["Statement"][-2]["Condition"] == {
        "StringLike": {"cloudwatch:namespace": ["AWS/SageMaker*", "/aws/sagemaker/*"]}
    }
    elsewhere = deepcopy(stage.policy)
    elsewhere["Statement"][-2]["Condition"]["StringLike"]["cloudwatch:namespace"] = "mine"
    stage.may(elsewhere)
    assert stage.wrong() == {"metrics"}


def test_the_role_is_asked_again_when_an_endpoint_starts(aws: Account, english: bytes) -> None:
    aws.model("m", english)
    aws.config("c", "m")
    for denied, reason in (("s3:GetObject", "Failed to download model data"), ("ecr:BatchGetImage", "cannot pull")):
        aws.iam.put_role_policy(
            RoleName="hosting", PolicyName="less", PolicyDocument=policy(([denied], "*")).replace("Allow", "Deny")
        )
        seen = aws.endpoint("e", "c", "Failed")
        assert reason in seen["FailureReason"]
        aws.sagemaker.delete_endpoint(EndpointName="e")
        aws.deleted("e")
