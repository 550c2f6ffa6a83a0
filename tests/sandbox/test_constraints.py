"""Requests that break the service model are refused in AWS's words, although botocore lets them through."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from sentiment_cli.sandbox import constraints
from sentiment_cli.sandbox.calls import Fault
from tests.sandbox.conftest import Aws

ROLE = "arn:aws:iam::123456789012:role/r"
ENDPOINT = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/e"
TRUST = '{"Version": "2012-10-17", "Statement": []}'
SERVICES = (
    "sagemaker", "sagemaker-runtime", "ecr", "iam", "sts", "lambda", "apigateway", "logs", "cloudwatch", "pricing",
    "application-autoscaling", "service-quotas", "resourcegroupstaggingapi", "scheduler", "budgets",
)  # fmt: skip
UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})


def refusal(service: str, operation: str, params: dict[str, Any]) -> tuple[str, str]:
    shape = get_service_model(service).operation_model(operation).input_shape
    with pytest.raises(Fault) as caught:
        constraints.check(service, shape, params)
    return caught.value.code, caught.value.message


def accepted(service: str, operation: str, params: dict[str, Any]) -> bool:
    constraints.check(service, get_service_model(service).operation_model(operation).input_shape, params)
    return True


def test_pattern() -> None:
    code, text = refusal("sagemaker", "CreateEndpoint", {"EndpointName": "a_b", "EndpointConfigName": "c"})
    assert code == "ValidationException"
    assert text == (
        "1 validation error detected: Value 'a_b' at 'endpointName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    )


def test_a_pattern_is_for_the_whole_text() -> None:
    assert refusal("sagemaker", "DescribeModel", {"ModelName": "good bad"})
    assert refusal("sagemaker", "DescribeModel", {"ModelName": "good\n"})
    assert accepted("sagemaker", "DescribeModel", {"ModelName": "good-2"})


def test_length_and_pattern_are_told_together() -> None:
    _, text = refusal("sagemaker", "DescribeModel", {"ModelName": "x_" * 32})
    assert text.startswith("2 validation errors detected: Value 'x_x")
    assert "Member must have length less than or equal to 63; Value 'x_x" in text


def test_enum_deep_in_a_list() -> None:
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.t3.medium"}
    params = {"EndpointConfigName": "c", "ProductionVariants": [variant]}
    _, text = refusal("sagemaker", "CreateEndpointConfig", params)
    assert "Value 'ml.t3.medium' at 'productionVariants.1.member.instanceType' failed to satisfy constraint" in text
    assert "Member must satisfy enum value set: [ml.t2.medium, ml.t2.large" in text


@pytest.mark.parametrize(("count", "limit"), [(0, "greater than or equal to 1"), (-1, "greater than or equal to 1")])
def test_range(count: int, limit: str) -> None:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": count,
    }
    _, text = refusal("sagemaker", "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [variant]})
    assert "'productionVariants.1.member.initialInstanceCount' failed to satisfy" in text
    assert f"Member must have value {limit}" in text


def test_an_upper_limit_of_a_number() -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 201}
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "ServerlessConfig": serverless}
    _, text = refusal("sagemaker", "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [variant]})
    assert "Member must have value less than or equal to 200" in text


def test_required() -> None:
    _, text = refusal("sagemaker", "CreateEndpoint", {"EndpointName": "e"})
    assert "Value null at 'endpointConfigName' failed to satisfy constraint: Member must not be null" in text


def test_too_many_in_a_list() -> None:
    variant = {"VariantName": "v", "ModelName": "m"}
    params = {"EndpointConfigName": "c", "ProductionVariants": [variant] * 11}
    assert "Member must have length less than or equal to 10" in refusal("sagemaker", "CreateEndpointConfig", params)[1]


def test_keys_and_values_of_a_map() -> None:
    for environment, noun in (({"1a": "b"}, "key"), ({"a": "b" * 1025}, "value")):
        container = {"Image": "i", "Environment": environment}
        _, text = refusal("sagemaker", "CreateModel", {"ModelName": "m", "PrimaryContainer": container})
        assert f"at 'primaryContainer.environment' failed to satisfy constraint: Map {noun} must satisfy" in text


def test_letters_of_any_script_in_tags() -> None:
    tags = [{"Key": "équipe", "Value": "文字 1"}]
    assert accepted("sagemaker", "AddTags", {"ResourceArn": ENDPOINT, "Tags": tags})
    assert refusal("sagemaker", "AddTags", {"ResourceArn": ENDPOINT, "Tags": [{"Key": "a!", "Value": ""}]})


def test_other_services_have_their_own_codes_and_words() -> None:
    code, text = refusal("ecr", "CreateRepository", {"repositoryName": "A"})
    assert code == "InvalidParameterException"
    assert text.startswith("Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must ")
    assert refusal("iam", "GetRole", {"RoleName": "a b"})[0] == "ValidationError"


def test_a_secret_is_not_repeated() -> None:
    params = {"FunctionName": "f", "Role": ROLE, "Code": {}, "Environment": {"Variables": {"1": "hunter2"}}}
    assert "hunter2" not in refusal("lambda", "CreateFunction", params)[1]


def test_another_type_is_no_validation_error() -> None:
    assert refusal("sagemaker", "DescribeModel", {"ModelName": 5})[0] == "SerializationException"


def test_a_pattern_that_takes_for_ever_is_cut_short() -> None:
    began = time.monotonic()
    refusal("sagemaker", "DescribeModel", {"ModelName": "a" * 63 + "!"})
    refusal("ecr", "CreateRepository", {"repositoryName": "a" * 255 + "!"})
    assert time.monotonic() - began < 5


def patterns(shape: Any, seen: set[str]) -> None:
    if shape.name in seen:
        return
    seen.add(shape.name)
    if pattern := shape.metadata.get("pattern"):
        assert constraints._compiled(pattern) is not None, pattern
    parts = (getattr(shape, each, None) for each in ("member", "key", "value"))
    for inner in (*getattr(shape, "members", {}).values(), *parts):
        if inner is not None:
            patterns(inner, seen)


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_the_services_is_understood(service: str) -> None:
    model, seen = get_service_model(service), set[str]()
    for operation in model.operation_names:
        if shape := model.operation_model(operation).input_shape:
            patterns(shape, seen)
    assert seen


def test_the_sandbox_refuses_so(aws: Aws) -> None:
    """Over HTTP, in every protocol."""
    for service, operation, params, code, status in (
        ("sagemaker", "describe_model", {"ModelName": "a_b"}, "ValidationException", 400),
        ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "a_b", "Body": b"{}"}, "ValidationError", 400),
        ("iam", "create_role", {"RoleName": "a b", "AssumeRolePolicyDocument": TRUST}, "ValidationError", 400),
        ("ecr", "create_repository", {"repositoryName": "A_"}, "InvalidParameterException", 400),
        ("lambda", "get_function", {"FunctionName": "a b"}, "ValidationException", 400),
        ("logs", "create_log_group", {"logGroupName": "a b"}, "InvalidParameterException", 400),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(aws.client(service), operation)(**params)
        told = caught.value.response
        assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), service
        assert "failed to satisfy constraint" in told["Error"]["Message"]


def test_a_member_that_is_missing_is_refused(aws: Aws) -> None:
    with pytest.raises(ClientError, match=r"Value null at 'endpointConfigName'"):
        aws.client("sagemaker", config=UNCHECKED).create_endpoint(EndpointName="e")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[]", "SerializationException"),
        (b"{", "SerializationException"),
        (b'{"ModelName": {}}', "SerializationException"),
    ],
)
def test_what_is_no_request_is_refused(aws: Aws, body: bytes, code: str) -> None:
    headers = {"X-Amz-Target": "SageMaker.DescribeModel", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", aws.sandbox.url, headers=headers, data=body)
    keys = Credentials(aws.sandbox.access_key, aws.sandbox.secret_key)
    SigV4Auth(keys, "sagemaker", "us-east-1").add_auth(request)
    answer = httpx.post(aws.sandbox.url, content=body, headers=dict(request.headers), trust_env=False)
    assert (answer.status_code, answer.json()["__type"]) == (400, code)
