"""CreateModel believes nothing: role, artifact and names are looked at, and refused in AWS's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.hosting.conftest import PULL, Account, archive, policy

DATA = archive(weights=b"1")


def refused(aws: Account, **model: Any) -> str:
    """What CreateModel says to a model that is good but for what is given."""
    container = {"Image": aws.image, "ModelDataUrl": f"s3://{aws.bucket}/model.tar.gz"}
    asked = {"ModelName": "m", "ExecutionRoleArn": aws.role, "PrimaryContainer": container, **model}
    with pytest.raises(ClientError) as caught:
        aws.sagemaker.create_model(**asked)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_a_model_is_described_as_it_was_made(aws: Account) -> None:
    aws.model("Tweets-1", DATA, Environment={"MODEL_SERVER_WORKERS": "1"})
    seen = aws.sagemaker.describe_model(ModelName="Tweets-1")
    assert seen["ModelArn"] == f"arn:aws:sagemaker:eu-west-1:{aws.id}:model/tweets-1"
    assert seen["ExecutionRoleArn"] == aws.role
    assert seen["PrimaryContainer"]["Environment"] == {"MODEL_SERVER_WORKERS": "1"}
    assert datetime.now(UTC) - seen["CreationTime"] < timedelta(minutes=1)


def test_a_name_is_taken_once_and_free_again_after_deletion(aws: Account) -> None:
    aws.model("m", DATA)
    arn = f"arn:aws:sagemaker:eu-west-1:{aws.id}:model/m"
    assert refused(aws) == f'Cannot create already existing model "{arn}".'
    aws.sagemaker.delete_model(ModelName="m")
    for call in (aws.sagemaker.delete_model, aws.sagemaker.describe_model):
        with pytest.raises(ClientError) as caught:
            call(ModelName="m")
        assert caught.value.response["Error"]["Message"] == f'Could not find model "{arn}".'
    aws.model("m", DATA)


def test_a_role_that_does_not_exist_is_refused(aws: Account) -> None:
    aws.put(DATA)
    role = f"arn:aws:iam::{aws.id}:role/nobody"
    assert refused(aws, ExecutionRoleArn=role).startswith(
        f"Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com'"
    )


def test_a_role_that_trusts_another_service_is_refused(aws: Account) -> None:
    aws.put(DATA)
    role = aws.make_role("function", policy((["*"], "*")), service="lambda.amazonaws.com")
    assert refused(aws, ExecutionRoleArn=role).startswith(f"Could not assume role {role}.")


def test_an_artifact_that_is_not_there_is_refused(aws: Account) -> None:
    assert refused(aws) == f"Could not find model data at s3://{aws.bucket}/model.tar.gz."


@pytest.mark.parametrize(
    "allowed",
    [
        policy((["s3:PutObject"], "*")),
        policy((["s3:GetObject"], "arn:aws:s3:::another-bucket/*")),
        policy((["s3:GetObject"], "arn:aws:s3:::models-*/other/*")),
        policy((["s3:*"], "*")).replace('"Allow"', '"Deny"'),
    ],
)
def test_an_artifact_that_the_role_may_not_read_is_refused(aws: Account, allowed: str) -> None:
    aws.put(DATA)
    role = aws.make_role("blind", allowed)
    text = refused(aws, ExecutionRoleArn=role)
    assert text.startswith(f"Could not access model data at s3://{aws.bucket}/model.tar.gz.")
    assert 'the role has "s3:GetObject" permissions and that the object is located in eu-west-1' in text


def test_who_may_not_list_the_bucket_is_not_told_that_the_artifact_is_missing(aws: Account) -> None:
    role = aws.make_role("getter", policy((["s3:GetObject"], f"arn:aws:s3:::{aws.bucket}/*")))
    assert refused(aws, ExecutionRoleArn=role).startswith("Could not access model data")


def test_a_managed_policy_counts_too(aws: Account) -> None:
    aws.put(DATA)
    role = aws.make_role("managed", policy((["logs:*", *PULL], "*")))
    made = aws.iam.create_policy(PolicyName="reading", PolicyDocument=policy((["S3:Get*"], "arn:aws:s3:::models-*")))
    assert refused(aws, ExecutionRoleArn=role).startswith("Could not access model data")
    aws.iam.attach_role_policy(RoleName="managed", PolicyArn=made["Policy"]["Arn"])
    aws.sagemaker.create_model(
        ModelName="m", ExecutionRoleArn=role,
        PrimaryContainer={"Image": aws.image, "ModelDataUrl": f"s3://{aws.bucket}/model.tar.gz"},
    )  # fmt: skip


def test_an_artifact_of_another_region_is_refused(aws: Account) -> None:
    bucket = f"elsewhere-{aws.id}"
    elsewhere = aws.client("s3", "eu-central-1")
    elsewhere.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    elsewhere.put_object(Bucket=bucket, Key="model.tar.gz", Body=DATA)
    role = aws.make_role("reader", policy((["s3:*"], "*")))
    container = {"Image": aws.image, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
    assert "located in eu-west-1" in refused(aws, ExecutionRoleArn=role, PrimaryContainer=container)


def test_models_are_listed_by_name_time_and_page(aws: Account) -> None:
    for number in range(12):
        aws.model(f"tweets-{number:02}" if number < 11 else "other", DATA)
    seen = aws.sagemaker.list_models()
    assert [each["ModelName"] for each in seen["Models"]] == [
        "other",
        *[f"tweets-{each:02}" for each in range(10, 1, -1)],
    ]
    rest = aws.sagemaker.list_models(NextToken=seen["NextToken"])
    assert [each["ModelName"] for each in rest["Models"]] == ["tweets-01", "tweets-00"]
    assert "NextToken" not in rest
    named = aws.sagemaker.list_models(NameContains="TWEETS", SortBy="Name", SortOrder="Ascending", MaxResults=2)
    assert [each["ModelName"] for each in named["Models"]] == ["tweets-00", "tweets-01"]
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert aws.sagemaker.list_models(CreationTimeAfter=now + hour)["Models"] == []
    assert aws.sagemaker.list_models(CreationTimeBefore=now - hour)["Models"] == []
    assert len(aws.sagemaker.list_models(CreationTimeAfter=now - hour, CreationTimeBefore=now + hour)["Models"]) == 10
    with pytest.raises(ClientError, match="token"):
        aws.sagemaker.list_models(NextToken="never given")


def test_tags_are_added_changed_listed_and_removed(aws: Account) -> None:
    aws.sagemaker.create_model(
        ModelName="m", ExecutionRoleArn=aws.role, PrimaryContainer={"Image": aws.image},
        Tags=[{"Key": "project", "Value": "tweets"}],
    )  # fmt: skip
    arn = aws.sagemaker.describe_model(ModelName="m")["ModelArn"]
    aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "project", "Value": "x"}, {"Key": "stage", "Value": "dev"}])
    assert aws.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "project", "Value": "x"}, {"Key": "stage", "Value": "dev"},
    ]  # fmt: skip
    aws.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["project", "unknown"])
    assert aws.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "dev"}]
    with pytest.raises(ClientError) as caught:
        aws.sagemaker.list_tags(ResourceArn=arn + "-other")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
