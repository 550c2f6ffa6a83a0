"""Requests reach the server as they are, and its answers the caller; what goes wrong is told as AWS tells it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.sandbox.hosting import requests
from sentiment_cli.sandbox.hosting.instances import Instance
from tests.sandbox.hosting.conftest import Account, Sandbox

JSON = "application/json"

# moto knows no such errors of this service; AWS sends them from in front of it.
pytestmark = pytest.mark.filterwarnings("ignore:.* does not match an error shape:UserWarning")


@pytest.fixture(scope="module")
def serving(sandbox: Sandbox, english: bytes) -> Iterator[Account]:
    """An account with the endpoints "tweets" and, without instances, "small"."""
    account = Account(sandbox.url)
    account.hosted(english)
    account.hosted(english, "small", ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})
    yield account
    account.clear()


def error(call: Any, **params: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return {"Status": caught.value.response["ResponseMetadata"]["HTTPStatusCode"], **caught.value.response,
            **caught.value.response["Error"]}  # fmt: skip


def test_content_type_and_accept_reach_the_server(serving: Account) -> None:
    answer = serving.runtime.invoke_endpoint(
        EndpointName="tweets", ContentType="text/csv", Accept="application/jsonlines", Body=b"great day\nawful day\n"
    )
    assert answer["ContentType"].startswith("application/jsonlines")
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    lines = [json.loads(line)["label"] for line in answer["Body"].read().splitlines()]
    assert lines == ["Positive", "Negative"]


def test_bodies_are_bytes(serving: Account) -> None:
    seen = error(serving.runtime.invoke_endpoint, EndpointName="tweets", ContentType=JSON, Body=b"\xff\x00\xfe")
    assert seen["OriginalStatusCode"] == 400


def test_a_refusal_of_the_server_is_a_model_error(serving: Account) -> None:
    seen = error(serving.runtime.invoke_endpoint, EndpointName="tweets", ContentType=JSON, Body=b'{"input": 1}')
    assert (seen["Status"], seen["Code"], seen["OriginalStatusCode"]) == (424, "ModelError", 400)
    problem = json.loads(seen["OriginalMessage"])
    assert problem["status"] == 400
    assert seen["Message"].startswith('Received client error (400) from primary with message "{')
    group = "/aws/sagemaker/Endpoints/tweets"
    assert f"group={group} in account {serving.id} for more information." in seen["Message"]
    stream = seen["LogStreamArn"].partition(f"log-group:{group}:log-stream:")[2]
    assert serving.logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]


def test_an_endpoint_that_is_not_there(serving: Account) -> None:
    seen = error(serving.runtime.invoke_endpoint, EndpointName="nothing", Body=b"{}")
    assert (seen["Status"], seen["Code"]) == (400, "ValidationError")
    assert seen["Message"] == f"Endpoint nothing of account {serving.id} not found."


@pytest.mark.parametrize(("name", "most"), [("tweets", 25 * 1024**2), ("small", 4 * 1024**2)])
def test_payloads_have_a_limit(serving: Account, name: str, most: int) -> None:
    seen = error(serving.runtime.invoke_endpoint, EndpointName=name, ContentType=JSON, Body=b" " * (most + 1))
    assert (seen["Status"], seen["Message"]) == (413, f"HTTP content length exceeded {most} bytes.")
    # At the limit it is for the server to judge.
    seen = error(serving.runtime.invoke_endpoint, EndpointName=name, ContentType=JSON, Body=b" " * most)
    assert seen["Code"] == "ModelError"


def test_a_server_that_is_too_slow_is_a_model_error(serving: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:  # takes connections, and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(Instance, "url", lambda self: f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(requests, "SECONDS", 0.5)
        seen = error(serving.runtime.invoke_endpoint, EndpointName="tweets", ContentType=JSON, Body=b"{}")
    assert (seen["Code"], seen["OriginalStatusCode"]) == ("ModelError", 0)
    assert "Your invocation timed out while waiting for a response" in seen["Message"]


def test_a_server_that_is_gone_for_the_moment(serving: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Instance, "url", lambda self: None)
    seen = error(serving.runtime.invoke_endpoint, EndpointName="tweets", ContentType=JSON, Body=b"{}")
    assert (seen["Status"], seen["Code"]) == (503, "ServiceUnavailable")


def test_a_named_variant_answers_or_is_not_found(serving: Account) -> None:
    body = json.dumps({"input": [{"text": "great"}]})
    call = {"EndpointName": "tweets", "ContentType": JSON, "Body": body}
    assert serving.runtime.invoke_endpoint(**call, TargetVariant="AllTraffic")["InvokedProductionVariant"]
    assert error(serving.runtime.invoke_endpoint, **call, TargetVariant="Other")["Status"] == 400


def test_what_is_not_offered_is_not_made_up(serving: Account) -> None:
    seen = error(serving.runtime.invoke_endpoint_async, EndpointName="tweets", InputLocation="s3://bucket/key")
    assert seen["Status"] == 501
    assert "does not offer sagemaker-runtime:InvokeEndpointAsync" in seen["Message"]
