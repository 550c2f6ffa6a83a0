"""The deployed code answers over HTTP, and the gateway refuses as AWS's does."""

from __future__ import annotations

import base64
import time
from typing import Any

import httpx
import pytest

from sentiment_cli.sandbox import gateway
from tests.sandbox.gateway.conftest import Aws, api, function, inventory, packed

ECHO = """
import json, os

def app(event, context):
    print("called with", event["body"])
    told = {"event": event, "pid": os.getpid(), "env": dict(os.environ)}
    return {"statusCode": 200, "headers": {"X-Seen": "yes"}, "body": json.dumps(told)}
"""


@pytest.fixture(scope="module")
def echo(aws: Aws) -> str:
    return function(aws, "echo", ECHO, GREETING="hello")


def test_the_function_gets_the_request_as_aws_tells_it(aws: Aws, echo: str, http: httpx.Client) -> None:
    found = http.post(aws.address(api(aws, echo), "/items/a%20b?x=1&x=2&y="), content="{}", headers={"X-Own": "1"})
    assert found.status_code == 200
    assert found.headers["X-Seen"] == "yes"
    event = found.json()["event"]
    assert event["resource"] == "/items/{id}"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": [""]}
    assert event["headers"]["X-Own"] == "1"
    assert event["requestContext"]["resourcePath"] == "/items/{id}"
    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)


def test_the_function_has_its_environment_its_role_and_the_sandbox(aws: Aws, echo: str, http: httpx.Client) -> None:
    env = http.post(aws.address(api(aws, echo)), content="{}").json()["env"]
    assert env["GREETING"] == "hello"
    assert env["AWS_ENDPOINT_URL"] == aws.url
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == "echo"
    assert env["AWS_REGION"] == "us-east-1"
    assert env["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert "HOME" not in env


def test_a_warm_worker_is_used_again_and_an_update_takes_a_new_one(aws: Aws, http: httpx.Client) -> None:
    arn = function(aws, "warm", ECHO)
    url = aws.address(api(aws, arn))
    pids = {http.post(url, content="{}").json()["pid"] for _ in range(3)}
    assert len(pids) == 1
    aws.client("lambda").update_function_code(FunctionName="warm", ZipFile=packed(ECHO + "\n# changed\n"))
    assert http.post(url, content="{}").json()["pid"] not in pids


def test_what_it_writes_is_in_its_log(aws: Aws, echo: str, http: httpx.Client) -> None:
    http.post(aws.address(api(aws, echo)), content='"a text to look for"')
    logs = aws.client("logs")
    messages: list[str] = []
    for _ in range(50):
        events = logs.filter_log_events(logGroupName="/aws/lambda/echo")["events"]
        messages = [event["message"] for event in events]
        if any("a text to look for" in message for message in messages):
            break
        time.sleep(0.05)
    assert any("a text to look for" in message for message in messages)
    assert any(message.startswith("START RequestId") for message in messages)


@pytest.mark.parametrize(
    ("code", "timeout", "status"),
    [
        ("def app(event, context): raise ValueError('secret')", 5, 502),
        ("import nothing_like_it", 5, 502),
        ("import httpx", 5, 502),  # not in Lambda, and so not here
        ("def app(event, context): return 'text'", 5, 502),
        ("def app(event, context): return {'statusCode': 200, 'body': {'not': 'text'}}", 5, 502),
        ("import os\ndef app(event, context): os._exit(1)", 5, 502),
        ("import time\ndef app(event, context): time.sleep(20)", 1, 502),
        ("def app(event, context): return {'statusCode': 200, 'body': 'x' * 7_000_000}", 5, 502),
        ("import boto3\ndef app(event, context): return {'statusCode': 204, 'body': ''}", 5, 204),
    ],
)
def test_a_function_that_fails_is_a_502(
    aws: Aws, http: httpx.Client, request: pytest.FixtureRequest, code: str, timeout: int, status: int
) -> None:
    arn = function(aws, f"failing-{abs(hash(code))}", code, timeout=timeout)
    found = http.post(aws.address(api(aws, arn)), content="{}")
    assert found.status_code == status
    if status == 502:
        assert found.json() == {"message": "Internal server error"}


def test_after_a_crash_the_next_call_is_answered(aws: Aws, http: httpx.Client) -> None:
    code = (
        "import os\ndef app(event, context):\n    if event['body'] == 'die': os._exit(1)\n    return {'body': 'fine'}"
    )
    url = aws.address(api(aws, function(aws, "dies", code)))
    assert http.post(url, content="die").status_code == 502
    assert http.post(url, content="live").text == "fine"


def test_what_takes_too_long_is_a_504(aws: Aws, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway._opened[-1], "_seconds", 0.5)
    code = "import time\ndef app(event, context): time.sleep(2)"
    found = http.post(aws.address(api(aws, function(aws, "slow", code))), content="{}")
    assert (found.status_code, found.json()) == (504, {"message": "Endpoint request timed out"})


def test_an_api_may_call_only_functions_that_let_it(aws: Aws, echo: str, http: httpx.Client) -> None:
    found = http.post(aws.address(api(aws, echo, allowed=False)), content="{}")
    assert (found.status_code, found.json()) == (500, {"message": "Internal server error"})


@pytest.mark.parametrize(("method", "path"), [("POST", "/nowhere"), ("GET", "/"), ("POST", "/items")])
def test_what_is_not_there_is_called_a_missing_token(
    aws: Aws, echo: str, http: httpx.Client, method: str, path: str
) -> None:
    found = http.request(method, aws.address(api(aws, echo), path))
    assert (found.status_code, found.json()) == (403, {"message": "Missing Authentication Token"})


def test_an_api_or_stage_that_is_not_there_is_forbidden(aws: Aws, echo: str, http: httpx.Client) -> None:
    assert http.post(aws.address("nothing")).json() == {"message": "Forbidden"}
    assert http.post(aws.address(api(aws, echo), stage="other")).status_code == 403


def test_a_preflight_is_answered_without_the_function(aws: Aws, echo: str, http: httpx.Client) -> None:
    found = http.options(aws.address(api(aws, echo)))
    assert found.status_code == 200
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert found.headers["Access-Control-Allow-Headers"] == "Content-Type,X-Api-Key"


def test_bytes_are_base64_for_binary_types_only(aws: Aws, echo: str, http: httpx.Client) -> None:
    url = aws.address(api(aws, echo))
    event = http.post(url, content=b"\x00\xff", headers={"Content-Type": "image/png"}).json()["event"]
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xff", True)
    code = "def app(event, context): return {'body': 'AP8=', 'isBase64Encoded': True}"
    url = aws.address(api(aws, function(aws, "binary", code)))
    assert http.post(url, headers={"Accept": "image/png"}).content == b"\x00\xff"
    assert http.post(url, headers={"Accept": "*/*"}).content == b"AP8="


def test_large_answers_are_compressed_where_that_is_set(aws: Aws, http: httpx.Client) -> None:
    arn = function(aws, "large", "def app(event, context): return {'body': 'x' * 5000}")
    made = api(aws, arn)
    assert "content-encoding" not in http.post(aws.address(made)).headers
    gateway_ = aws.client("apigateway")
    change = {"op": "replace", "path": "/minimumCompressionSize", "value": "1024"}
    gateway_.update_rest_api(restApiId=made, patchOperations=[change])
    gateway_.create_deployment(restApiId=made, stageName="api")
    found = http.post(aws.address(made))
    assert (found.headers["content-encoding"], found.text) == ("gzip", "x" * 5000)


def test_bodies_have_a_limit(aws: Aws, echo: str, http: httpx.Client) -> None:
    found = http.post(aws.address(api(aws, echo)), content=b"x" * (6 * 1024 * 1024 + 1))
    assert found.status_code == 413


def test_a_stage_serves_what_was_deployed(aws: Aws, echo: str, http: httpx.Client) -> None:
    made = api(aws, echo)
    gateway_ = aws.client("apigateway")
    headers = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    gateway_.put_gateway_response(restApiId=made, responseType="DEFAULT_4XX", responseParameters=headers)
    assert "access-control-allow-origin" not in http.get(aws.address(made)).headers
    gateway_.create_deployment(restApiId=made, stageName="api")
    found = http.get(aws.address(made))
    assert found.headers["access-control-allow-origin"] == "*"
    assert found.json() == {"message": "Missing Authentication Token"}


def test_a_gateway_response_may_have_a_body_and_status_of_its_own(aws: Aws, echo: str, http: httpx.Client) -> None:
    made = api(aws, echo)
    gateway_ = aws.client("apigateway")
    gateway_.put_gateway_response(
        restApiId=made, responseType="MISSING_AUTHENTICATION_TOKEN", statusCode="404",
        responseTemplates={"application/problem+json": '{"title": $context.error.messageString}'},
    )  # fmt: skip
    gateway_.create_deployment(restApiId=made, stageName="api")
    found = http.get(aws.address(made))
    assert (found.status_code, found.json()) == (404, {"title": "Missing Authentication Token"})
    assert found.headers["content-type"] == "application/problem+json"


def test_overwriting_forgets_what_the_document_does_not_hold(aws: Aws, echo: str) -> None:
    made = api(aws, echo)
    gateway_ = aws.client("apigateway")
    gateway_.put_gateway_response(restApiId=made, responseType="DEFAULT_4XX")
    body = b'{"swagger": "2.0", "info": {"title": "tweets", "version": "1"}, "paths": {"/one/two": {}}}'
    gateway_.put_rest_api(restApiId=made, mode="overwrite", body=body)
    assert {each["path"] for each in gateway_.get_resources(restApiId=made)["items"]} == {"/", "/one", "/one/two"}
    assert gateway_.get_gateway_responses(restApiId=made)["items"] == []


def test_everything_that_takes_tags_is_in_the_inventory(aws: Aws, echo: str) -> None:
    made = api(aws, echo)
    gateway_ = aws.client("apigateway")
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{made}"
    gateway_.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    gateway_.untag_resource(resourceArn=arn, tagKeys=["b"])
    assert gateway_.get_tags(resourceArn=arn)["tags"] == {"a": "1"}
    assert gateway_.get_rest_api(restApiId=made)["tags"] == {"a": "1"}
    key = gateway_.create_api_key(name="a-key", tags={"k": "1"})["id"]
    plan = gateway_.create_usage_plan(name="a-plan", tags={"p": "1"})["id"]
    found: dict[str, Any] = dict(inventory())
    assert found[arn] == {"a": "1"}
    assert found[f"arn:aws:apigateway:us-east-1::/apikeys/{key}"] == {"k": "1"}
    assert found[f"arn:aws:apigateway:us-east-1::/usageplans/{plan}"] == {"p": "1"}
    assert echo in found
    gateway_.delete_api_key(apiKey=key)
    gateway_.delete_usage_plan(usagePlanId=plan)


def test_a_body_in_chunks_arrives_whole(aws: Aws, echo: str, http: httpx.Client) -> None:
    found = http.post(aws.address(api(aws, echo)), content=iter([b"one ", b"two"]))
    assert found.json()["event"]["body"] == "one two"


def test_what_is_far_too_large_is_refused_to_whoever_still_sends(aws: Aws, echo: str, http: httpx.Client) -> None:
    url = aws.address(api(aws, echo))
    assert http.post(url, content=b"x" * (11 * 1024 * 1024)).status_code == 413
    assert http.post(url, content=iter([b"x" * 1024 * 1024] * 11)).status_code == 413


@pytest.mark.parametrize("answer", ["{'headers': {'X': 'a\\r\\nSet-Cookie: b'}}", "{'headers': {'X': '\u2603'}}",
                                    "{'statusCode': 99}", "{'statusCode': 'x'}", "{'other': 1}", "None"])  # fmt: skip
def test_an_answer_that_http_cannot_carry_is_a_502(
    aws: Aws, http: httpx.Client, answer: str, request: pytest.FixtureRequest
) -> None:
    arn = function(aws, f"odd-{abs(hash(answer))}", f"def app(event, context): return {answer}")
    assert http.post(aws.address(api(aws, arn))).status_code == 502


def test_a_function_can_be_called_by_name(aws: Aws, echo: str) -> None:
    client = aws.client("lambda")
    said = client.invoke(FunctionName="echo", Payload=b'{"body": "hello"}')
    assert said["StatusCode"] == 200
    assert b"hello" in said["Payload"].read()
    function(aws, "raises", "def app(event, context): raise KeyError('lost')")
    said = client.invoke(FunctionName="raises")
    assert said["FunctionError"] == "Unhandled"
    assert b"KeyError" in said["Payload"].read()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="nobody")
