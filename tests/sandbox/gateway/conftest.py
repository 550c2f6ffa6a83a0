"""A sandbox in this process, with a model that is a few lines of Python, and a real function behind a real API."""

from __future__ import annotations

import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from sentiment_cli.sandbox import opening, record, services
from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.context import Context


@dataclass
class Aws:
    """A running sandbox and the way into it."""

    url: str
    secret: str
    models: dict[str, Any]
    """What endpoints answer: a function of the body, by the endpoint's name."""
    folder: Path
    seen: int = 0
    """Lines of the access log that a test has looked at."""

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "SANDBOX123456789012",
            "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip

    def client(self, service: str) -> Any:
        return boto3.client(
            service, "us-east-1", endpoint_url=self.url,
            aws_access_key_id="SANDBOX123456789012", aws_secret_access_key=self.secret,
        )  # fmt: skip

    def address(self, api_id: str, path: str = "/", stage: str = "api") -> str:
        return f"{self.url}/_aws/execute-api/{api_id}/{stage}{path}"


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    folder = tmp_path_factory.mktemp("sandbox")
    models: dict[str, Any] = {}

    def invoke(call: Call) -> Mapping[str, Any]:
        name = call.params["EndpointName"]
        if name not in models:
            raise Fault("ValidationError", f"Endpoint {name} of account {call.account} not found.")
        answer = models[name](json.loads(call.params["Body"]))
        return {"Body": json.dumps(answer).encode(), "ContentType": "application/json"}

    class Services(services.Services):
        def __init__(self, context: Context) -> None:
            super().__init__(context)
            self.handlers["sagemaker-runtime", "InvokeEndpoint"] = invoke

    server = opening.listen()
    url, secret, pid = f"http://127.0.0.1:{server.server_port}", "the secret of the owner", os.getpid()
    record.save(folder, record.Record("gateway-tests", url, pid, "", "process", secret, 0.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "Services", Services)
        opened = opening.furnish(server, Context(folder, url, "gateway-tests", "process"), secret)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    yield Aws(url, secret, models, folder)
    server.shutdown()
    opened.close()
    thread.join()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30, trust_env=False) as client:
        yield client


def packed(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", code)
    return buffer.getvalue()


def role(aws: Aws, name: str) -> str:
    iam = aws.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    try:
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    logs = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=json.dumps(logs))
    return str(made["Arn"])


def function(aws: Aws, name: str, code: str, *, timeout: int = 5, **environment: str) -> str:
    made = aws.client("lambda").create_function(
        FunctionName=name, Runtime="python3.11", Handler="app.app", Role=role(aws, f"{name}-role"), Timeout=timeout,
        Code={"ZipFile": packed(code)}, Environment={"Variables": environment},
    )  # fmt: skip
    return str(made["FunctionArn"])


def swagger(arn: str, **method: Any) -> dict[str, Any]:
    """A document as Chalice writes it: POST /, POST /items/{id}, and their preflights."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    post = {
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {
            "responses": {"default": {"statusCode": "200"}}, "uri": uri, "httpMethod": "POST", "type": "aws_proxy",
        },
        **method,
    }  # fmt: skip
    options = {
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {
            "type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"default": {"statusCode": "200", "responseParameters": {
                "method.response.header.Access-Control-Allow-Origin": "'*'",
                "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Api-Key'",
            }}},
        },
    }  # fmt: skip
    return {
        "swagger": "2.0",
        "info": {"version": "1.0", "title": "tweets"},
        "x-amazon-apigateway-binary-media-types": ["application/octet-stream", "image/*"],
        "securityDefinitions": {
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "sigv4": {"type": "apiKey", "name": "Authorization", "in": "header",
                      "x-amazon-apigateway-authtype": "awsSigv4"},
        },
        "paths": {"/": {"post": post, "options": options}, "/items/{id}": {"post": post}},
    }  # fmt: skip


def api(aws: Aws, arn: str, *, allowed: bool = True, **method: Any) -> str:
    """The id of a deployed API in front of a function."""
    gateway = aws.client("apigateway")
    body = json.dumps(swagger(arn, **method)).encode()
    made = gateway.import_rest_api(body=body, parameters={"endpointConfigurationTypes": "REGIONAL"})
    if allowed:
        aws.client("lambda").add_permission(
            FunctionName=arn, StatementId=made["id"], Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{made['id']}/*",
        )  # fmt: skip
    gateway.create_deployment(restApiId=made["id"], stageName="api")
    return str(made["id"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def inventory() -> list[tuple[str, dict[str, str]]]:
    """(ARN, tags) of every REST API, API key, usage plan and function of every account and region."""
    from moto.apigateway.models import apigateway_backends
    from moto.awslambda.models import lambda_backends

    found: list[tuple[str, dict[str, str]]] = []
    for backend in _all(apigateway_backends):
        kinds = {"restapis": backend.apis, "apikeys": backend.keys, "usageplans": backend.usage_plans}
        for kind, things in kinds.items():
            for name, thing in list(things.items()):
                arn = f"arn:{backend.partition}:apigateway:{backend.region_name}::/{kind}/{name}"
                found.append((arn, dict(thing.tags or {})))
    for backend in _all(lambda_backends):
        found += [(function.function_arn, dict(function.tags or {})) for function in backend.list_functions()]
    return found


def _all(backends: Any) -> Iterator[Any]:
    for account in list(backends.values()):
        yield from list(account.values())
