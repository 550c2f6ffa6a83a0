"""The work was done, the answer never came, and the request was sent again: nothing is there twice, and nothing fails.

Which requests are met so is in tests/deployment too, for every one of a deployment; here is what is special to the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sentiment_cli.clients import chalice
from sentiment_cli.errors import CredentialsError, SentimentError
from sentiment_cli.events import LogLine, ignore
from sentiment_cli.resources.api import existing
from tests.resources.api.conftest import Stage, delete

ANSWER = {"output": [{"label": "Positive", "score": 0.9}]}
Trouble = Callable[[str, str], None]


@pytest.fixture
def trouble(stage: Stage) -> Iterator[Trouble]:
    """(kind, operation): the next request to it meets that."""
    address, headers = f"{stage.sandbox.url}/_sandbox/faults", {"X-Sandbox-Internal": "gateway-tests"}
    with httpx.Client(trust_env=False, headers=headers) as client:

        def add(kind: str, operation: str) -> None:
            client.post(address, json={"kind": kind, "on": operation, "times": 1}).raise_for_status()

        yield add
        assert client.get(address).raise_for_status().json() == []
        client.delete(address).raise_for_status()


def number(stage: Stage, kind: str) -> int:
    return [each.kind for each in existing(stage.aws, stage.names)].count(kind)


@pytest.mark.parametrize(
    "operation",
    [
        "iam:CreateRole", "lambda:CreateFunction", "lambda:AddPermission", "apigateway:ImportRestApi",
        "apigateway:CreateApiKey", "apigateway:CreateUsagePlan", "apigateway:CreateUsagePlanKey",
    ],
)  # fmt: skip
def test_what_was_made_without_an_answer_is_taken(stage: Stage, trouble: Trouble, operation: str) -> None:
    trouble("lost", operation)
    stage.deploy()
    assert stage.post(**{"x-api-key": stage.key}).json() == ANSWER
    assert [number(stage, kind) for kind in ("REST API", "API key", "usage plan")] == [1, 1, 1]
    assert stage.api().compare(stage.api().describe(stage.aws)).action == "keep"
    delete(stage.aws, stage.names, stage.directory, ignore)
    assert existing(stage.aws, stage.names) == []


def test_several_answers_may_be_lost(stage: Stage, trouble: Trouble) -> None:
    for operation in ("iam:CreateRole", "lambda:CreateFunction", "lambda:AddPermission", "apigateway:ImportRestApi"):
        trouble("lost", operation)
    stage.deploy()
    assert stage.post(**{"x-api-key": stage.key}).json() == ANSWER
    assert number(stage, "REST API") == 1


def test_an_older_api_of_that_name_is_not_taken_for_a_twin(stage: Stage) -> None:
    """Untagged and asking the same function, but not of the same moment: who made it is not known."""
    stage.deploy()
    found = stage.api().describe(stage.aws)
    assert found is not None
    own = {**(found.rest_api or {})}
    old = {**own, "id": "older", "tags": {}, "createdDate": own["createdDate"] - timedelta(hours=1)}
    stage.api()._remove_twins(stage.aws, replace(found, rest_apis=(own, old)), ignore)
    assert "DeleteRestApi" not in " ".join(stage.calls())


def test_an_open_api_leaves_no_key_behind(stage: Stage) -> None:
    stage.deploy()
    gateway = stage.aws.client("apigateway")
    gateway.create_api_key(name=stage.names.prefix, tags=stage.names.tags)
    stage.deploy("none")
    assert [number(stage, kind) for kind in ("API key", "usage plan")] == [0, 0]


def test_what_is_throttled_in_the_end_is_told_whole() -> None:
    said = (
        "botocore.errorfactory.TooManyRequestsException: An error occurred (TooManyRequestsException) when calling the "
        "CreateFunction operation (reached max retries: 9): Rate exceeded\n\nDuring handling of the above exception"
    )
    error = chalice._failed(said)
    assert error.why == "AWS says TooManyRequestsException to CreateFunction: Rate exceeded."


def test_a_plan_that_has_let_go_of_its_stages_already_is_removed(stage: Stage, trouble: Trouble) -> None:
    stage.deploy()
    trouble("lost", "apigateway:UpdateUsagePlan")
    delete(stage.aws, stage.names, stage.directory, ignore)
    assert existing(stage.aws, stage.names) == []


def test_a_chalice_that_met_what_is_there_says_so_and_goes_on(stage: Stage, trouble: Trouble) -> None:
    trouble("lost", "lambda:CreateFunction")
    stage.deploy()
    lines = [each.text for each in stage.events if isinstance(each, LogLine)]
    [again] = [each for each in lines if "Once more" in each]
    assert "ResourceConflictException to CreateFunction" in again


def test_credentials_that_expire_within_chalice_are_told_as_that(stage: Stage, trouble: Trouble) -> None:
    trouble("expired", "lambda:CreateFunction")
    with pytest.raises(CredentialsError) as refused:
        stage.deploy()
    error = refused.value
    assert (error.exit_code, error.code) == (4, "ExpiredTokenException")
    assert error.why == (
        "AWS says ExpiredTokenException to CreateFunction: The security token included in the request is expired."
    )
    assert "Log in again" in error.fix


def test_an_error_of_chalice_holds_no_traceback(stage: Stage, trouble: Trouble) -> None:
    trouble("denied", "lambda:CreateFunction")
    with pytest.raises(SentimentError) as refused:
        stage.deploy()
    told = json.dumps(refused.value.as_dict())
    assert "AccessDenied" in refused.value.code
    assert "sentiment-cli policy" in refused.value.fix
    for sign in ("Traceback", ".py", "During handling"):
        assert sign not in told


def test_an_aws_that_chalice_cannot_reach_is_told_as_everywhere(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(SentimentError) as refused:
        chalice.deploy(stage.aws, stage.directory / "api", "dev", ignore)
    assert refused.value.code == "EndpointConnectionError"
    assert "Traceback" not in refused.value.why
    assert "AWS_ENDPOINT_URL" in refused.value.fix
