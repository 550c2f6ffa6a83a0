"""Users and roles may do what their policies say, and nothing else; the owner of an account may do everything."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.policy import deployer
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import ACCOUNT
from tests.sandbox.conftest import Aws

Clients = Callable[[str], Any]
REGION = "eu-west-1"


def allow(actions: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def user(aws: Aws, name: str) -> Callable[..., Clients]:
    """Makes a user who may do what the statements say."""

    def make(*statements: dict[str, Any]) -> Clients:
        iam = aws.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return lambda service: aws.client(service, REGION, **keys)

    return make


def refused(ask: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        ask(**params)
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return str(caught.value.response["Error"]["Message"])


def test_nothing_is_allowed_that_is_not_named(user: Callable[..., Clients], name: str) -> None:
    mine = user(allow("sagemaker:ListModels"))
    mine("sagemaker").list_models()
    mine("sts").get_caller_identity()  # anybody may
    told = refused(mine("sagemaker").describe_model, ModelName="m")
    assert told == (
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sagemaker:DescribeModel on resource: "
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/m because no identity-based policy allows the "
        "sagemaker:DescribeModel action"
    )
    refused(mine("s3").list_buckets)
    refused(mine("apigateway").get_rest_apis)
    refused(mine("iam").list_roles)


def test_resources_count(aws: Aws, user: Callable[..., Clients], name: str) -> None:
    location = {"LocationConstraint": REGION}
    mine = user(allow(["s3:*"], [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/in/*"]))
    mine("s3").create_bucket(Bucket=name, CreateBucketConfiguration=location)
    mine("s3").put_object(Bucket=name, Key="in/k", Body=b"v")
    refused(mine("s3").put_object, Bucket=name, Key="out/k", Body=b"v")
    refused(mine("s3").create_bucket, Bucket=f"{name}-2", CreateBucketConfiguration=location)
    both = {"Objects": [{"Key": "in/k"}, {"Key": "out/k"}]}
    refused(mine("s3").delete_objects, Bucket=name, Delete=both)


def test_a_denial_wins(user: Callable[..., Clients]) -> None:
    deny = {"Effect": "Deny", "Action": "sagemaker:Delete*", "Resource": "*"}
    mine = user(allow("*"), deny)
    assert "explicit deny" in refused(mine("sagemaker").delete_model, ModelName="m")
    mine("sagemaker").list_models()


def test_an_endpoint_takes_a_right_on_its_configuration_too(user: Callable[..., Clients]) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
    mine = user(allow("sagemaker:CreateEndpoint", f"{arn}:endpoint/e"))
    told = refused(mine("sagemaker").create_endpoint, EndpointName="e", EndpointConfigName="c")
    assert f"{arn}:endpoint-config/c" in told


def test_tags_take_a_right_of_their_own(user: Callable[..., Clients]) -> None:
    mine = user(allow(["sagemaker:CreateEndpoint"]))
    params = {"EndpointName": "e", "EndpointConfigName": "c", "Tags": [{"Key": "k", "Value": "v"}]}
    assert "sagemaker:AddTags" in refused(mine("sagemaker").create_endpoint, **params)


@pytest.mark.parametrize(
    ("passing", "told"),
    [
        (None, "iam:PassRole"),
        ({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, "iam:PassRole"),
        ({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, None),
    ],
)
def test_passing_a_role(user: Callable[..., Clients], passing: Any, told: str | None) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    statements = [allow("iam:PassRole", role, Condition=passing)] if passing else []
    mine = user(allow("sagemaker:CreateModel"), *statements)
    params = {"ModelName": "m", "ExecutionRoleArn": role, "PrimaryContainer": {"Image": "i"}}
    with pytest.raises(ClientError) as caught:
        mine("sagemaker").create_model(**params)
    # With the right to pass it, what is wrong with the role itself comes out.
    assert (told or "ValidationException") in str(caught.value)


def test_a_condition_that_is_not_met(user: Callable[..., Clients]) -> None:
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
    refused(user(allow("sagemaker:*", Condition=elsewhere))("sagemaker").list_models)


def test_an_address_of_api_gateway_is_a_resource(user: Callable[..., Clients]) -> None:
    mine = user(allow(["apigateway:GET"], f"arn:aws:apigateway:{REGION}::/restapis*"))
    mine("apigateway").get_rest_apis()
    refused(mine("apigateway").get_api_keys)
    refused(mine("apigateway").create_rest_api, name="a")


def test_policies_of_groups_and_managed_ones(aws: Aws, user: Callable[..., Clients], name: str) -> None:
    mine = user(allow("sts:*"))
    refused(mine("sagemaker").list_models)
    iam = aws.client("iam")
    iam.create_group(GroupName=name)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("sagemaker:ListModels")))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.add_user_to_group(GroupName=name, UserName=name)
    mine("sagemaker").list_models()
    iam.remove_user_from_group(GroupName=name, UserName=name)
    refused(mine("sagemaker").list_models)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    mine("sagemaker").list_models()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:*")), SetAsDefault=True)
    refused(mine("sagemaker").list_models)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    mine("sagemaker").list_models()
    iam.detach_user_policy(UserName=name, PolicyArn=arn)
    refused(mine("sagemaker").list_models)


def test_the_recipe_of_the_documents(aws: Aws, tmp_path: Path) -> None:
    """Every `aws iam` line of docs/sandbox.md, with the policy that is printed for a project, makes a user who may."""
    names = Names("tweets", "dev", ACCOUNT, REGION)
    (tmp_path / "policy.json").write_text(json.dumps(deployer(names)[0]))
    iam = aws.client("iam")
    text = (Path(__file__).parents[2] / "docs/sandbox.md").read_text()
    for line in re.findall(r"^aws iam (.*)$", text, re.MULTILINE):
        operation, *flags = shlex.split(line)
        params = {
            flag.removeprefix("--").title().replace("-", ""): (tmp_path / value[7:]).read_text()
            if value.startswith("file://")
            else value
            for flag, value in zip(flags[::2], flags[1::2], strict=True)
        }
        answer = getattr(iam, operation.replace("-", "_"))(**params)
    key = answer["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    aws.client("sagemaker", REGION, **keys).list_models()
    refused(aws.client("sagemaker", "us-west-2", **keys).delete_model, ModelName="tweets-dev-a")


def test_a_role_that_was_assumed(aws: Aws, name: str) -> None:
    iam = aws.client("iam")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow("sagemaker:ListModels")))
    given = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    aws.client("sagemaker", **keys).list_models()
    assert f"assumed-role/{name}/me" in refused(aws.client("sagemaker", **keys).list_endpoints)
