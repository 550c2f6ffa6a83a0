"""An API is deployed, kept, changed and removed, and answers over HTTP meanwhile."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sentiment_cli.clients import chalice
from sentiment_cli.clients.session import connect
from sentiment_cli.errors import InputError, Refused, SentimentError
from sentiment_cli.events import LogLine, ignore
from sentiment_cli.resources.api import Api, Limits, auth_of, existing, key, limits_of, url_of
from sentiment_cli.resources.names import REGION_TAG
from tests.resources.api.conftest import MUTATING, Stage, delete
from tests.sandbox.gateway.conftest import inventory

ANSWER = {"output": [{"label": "Positive", "score": 0.9}]}


def changes(stage: Stage) -> list[str]:
    return [call for call in stage.calls() if call.split(":")[1].startswith(MUTATING)]


def test_it_answers_who_has_the_key(deployed: Stage) -> None:
    found = deployed.post(**{"x-api-key": deployed.key})
    assert (found.status_code, found.json()) == (200, ANSWER)
    assert deployed.post("", **{"x-api-key": deployed.key}).json() == ANSWER
    assert httpx.get(f"{deployed.url}health", trust_env=False).json() == {"status": "ok"}
    body = '{"input": [{"text": "Today was a great day!"}]}'
    form = {"Content-Type": "application/x-www-form-urlencoded", "x-api-key": deployed.key}  # what curl -d says
    assert httpx.post(deployed.url, content=body, headers=form, trust_env=False).json() == ANSWER
    refused = deployed.post()
    assert (refused.status_code, refused.json()) == (403, {"message": "Forbidden"})
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    page = httpx.get(deployed.url, trust_env=False)
    assert page.headers["Content-Type"].startswith("text/html")
    assert 'data-auth="api-key"' in page.text
    assert any(event.source == "chalice" for event in deployed.events if isinstance(event, LogLine))
    assert deployed.key not in repr(deployed.events)


def test_the_same_again_changes_nothing(deployed: Stage) -> None:
    api = deployed.api()
    found = api.describe(deployed.aws)
    assert found is not None
    assert (api.compare(found).action, api.compare(found).reason) == ("keep", "same content")
    assert changes(deployed) == []


def test_changed_code_is_deployed_to_the_same_address(stage: Stage) -> None:
    stage.deploy()
    before, key_before = stage.url, stage.key
    settings = stage.directory / "api/chalicelib/settings.py"
    settings.write_text(settings.read_text().replace("MAX_ROWS = 1_000", "MAX_ROWS = 0"))
    assert stage.api().compare(stage.api().describe(stage.aws)).reason == "its code or settings changed"
    stage.deploy()
    assert (stage.url, stage.key) == (before, key_before)
    assert stage.post(**{"x-api-key": stage.key}).status_code == 413
    assert stage.api().compare(stage.api().describe(stage.aws)).action == "keep"


def test_what_somebody_changed_by_hand_is_put_right(stage: Stage) -> None:
    stage.deploy()
    gateway, api = stage.aws.client("apigateway"), stage.api()
    made = stage.url.split("/")[-3]

    def reason() -> str:
        found = api.describe(stage.aws)
        assert found is not None
        return api.compare(found).reason

    change = {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "9000"}
    gateway.update_stage(restApiId=made, stageName="api", patchOperations=[change])
    assert reason() == "its limits were changed"
    stage.deploy()
    [plan] = [each for each in gateway.get_usage_plans()["items"] if each["name"] == stage.names.prefix]
    change = {"op": "replace", "path": "/quota/limit", "value": "5"}
    gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[change])
    assert reason() == "its usage plan was changed"
    gateway.delete_gateway_response(restApiId=made, responseType="DEFAULT_4XX")
    stage.deploy()
    assert reason() == "same content"


def test_what_it_lets_through_is_what_aws_has_now(stage: Stage) -> None:
    assert limits_of(stage.aws, stage.names) == {}
    stage.deploy()
    plan, at_stage = ("usage plan", stage.names.prefix), ("stage", "api")
    assert limits_of(stage.aws, stage.names) == {plan: 20, at_stage: 20}
    [made] = [each for each in stage.aws.client("apigateway").get_usage_plans()["items"]
              if each["name"] == stage.names.prefix]  # fmt: skip
    change = {"op": "replace", "path": "/throttle/rateLimit", "value": "9"}
    stage.aws.client("apigateway").update_usage_plan(usagePlanId=made["id"], patchOperations=[change])
    assert limits_of(stage.aws, stage.names) == {plan: 9, at_stage: 20}
    stage.deploy("none")
    assert limits_of(stage.aws, stage.names) == {at_stage: 20}


def test_other_callers_may_be_let_in_later(stage: Stage) -> None:
    stage.deploy("api-key")
    stage.deploy("none")
    assert key(stage.aws, stage.names) is None
    assert stage.post().json() == ANSWER
    assert auth_of(stage.aws, stage.names) == "none"
    stage.deploy("iam")
    assert auth_of(stage.aws, stage.names) == "iam"
    assert stage.post().json() == {"message": "Missing Authentication Token"}
    assert signed(stage).json() == ANSWER
    assert signed(stage, secret="wrong" * 8).status_code == 403
    stage.deploy("api-key")
    assert stage.post(**{"x-api-key": stage.key}).json() == ANSWER


def signed(stage: Stage, secret: str = "") -> httpx.Response:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    owner = stage.aws.session.get_credentials()
    credentials = Credentials(owner.access_key, secret or owner.secret_key)
    body = json.dumps({"input": [{"text": "Today was a great day!"}]})
    request = AWSRequest("POST", stage.url + "predict", data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
    return httpx.post(request.url, content=body, headers=dict(request.headers), trust_env=False, timeout=30)


def test_too_many_calls_are_refused_in_a_way_that_a_page_can_read(stage: Stage) -> None:
    stage.deploy(limits=Limits(rate=1, burst=2))
    answers = [stage.post(**{"x-api-key": stage.key}) for _ in range(6)]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert refused[0].json() == {"message": "Too Many Requests"}
    assert refused[0].headers["Access-Control-Allow-Origin"] == "*"
    assert refused[0].headers["Retry-After"] == "1"


def test_everything_carries_the_tags_of_the_stage(deployed: Stage) -> None:
    tagged = [arn for arn, tags in inventory() if deployed.names.tags.items() <= tags.items()]
    assert {arn.split("/")[-2] for arn in tagged if "apigateway" in arn} == {"restapis", "apikeys", "usageplans"}
    assert deployed.aws.arn("lambda", f"function:{deployed.names.function}") in tagged
    iam, logs = deployed.aws.client("iam"), deployed.aws.client("logs")
    role = iam.list_role_tags(RoleName=f"{deployed.names.function}-api_handler")["Tags"]
    expected = {**deployed.names.tags, REGION_TAG: deployed.names.region}
    assert {each["Key"]: each["Value"] for each in role} == expected
    [group] = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{deployed.names.function}")["logGroups"]
    assert group["retentionInDays"] == 30


def test_the_function_may_ask_one_endpoint_and_write_one_log(deployed: Stage) -> None:
    iam, role = deployed.aws.client("iam"), f"{deployed.names.function}-api_handler"
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    assert [each["Resource"] for each in policy["Statement"]] == [
        f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{deployed.names.endpoint}",
        f"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/{deployed.names.function}:*",
    ]


def test_the_function_is_small_and_ends_before_the_gateway_does(deployed: Stage) -> None:
    found = deployed.aws.client("lambda").get_function_configuration(FunctionName=deployed.names.function)
    assert (found["MemorySize"], found["Timeout"]) == (256, 27)
    api = deployed.aws.client("apigateway").get_rest_apis()["items"]
    [own] = [each for each in api if each["name"] == deployed.names.project]
    assert own["endpointConfiguration"]["types"] == ["REGIONAL"]


def test_removing_leaves_nothing_and_may_be_done_twice(stage: Stage) -> None:
    stage.deploy()
    kinds = [each.kind for each in existing(stage.aws, stage.names)]
    assert kinds == ["usage plan", "API key", "REST API", "Lambda function", "Lambda role", "Lambda log group"]
    delete(stage.aws, stage.names, stage.directory, ignore)
    assert existing(stage.aws, stage.names) == []
    assert stage.api().describe(stage.aws) is None
    assert not (stage.directory / "api/.chalice/deployed/dev.json").exists()
    assert url_of(stage.aws, stage.names) == ""
    assert auth_of(stage.aws, stage.names) is None
    changes(stage)
    delete(stage.aws, stage.names, stage.directory, ignore)
    assert changes(stage) == []


def test_what_else_the_users_project_has_is_removed_too(stage: Stage) -> None:
    app = stage.directory / "api/app.py"
    app.write_text(app.read_text() + "\n\n@app.lambda_function()\ndef nightly(event, context):\n    return event\n")
    stage.deploy()
    other = f"{stage.names.function}-nightly"
    assert stage.aws.client("lambda").invoke(FunctionName=other, Payload=b'"x"')["Payload"].read() == b'"x"'
    assert stage.post(**{"x-api-key": stage.key}).json() == ANSWER
    delete(stage.aws, stage.names, None, ignore)
    names = [each["FunctionName"] for each in stage.aws.client("lambda").list_functions()["Functions"]]
    roles = [each["RoleName"] for each in stage.aws.client("iam").list_roles()["Roles"]]
    groups = [each["logGroupName"] for each in stage.aws.client("logs").describe_log_groups()["logGroups"]]
    assert not [each for each in names + roles + groups if stage.names.function in each]


def test_what_another_machine_deployed_is_found_again(stage: Stage) -> None:
    stage.deploy()
    before = stage.url
    (stage.directory / "api/.chalice/deployed/dev.json").unlink()
    assert stage.api().compare(stage.api().describe(stage.aws)).action == "keep"
    (stage.directory / "api/app.py").open("a").write("\n# changed\n")
    stage.deploy()
    assert stage.url == before
    assert [each.kind for each in existing(stage.aws, stage.names)].count("REST API") == 1


def test_a_deployment_that_broke_off_is_taken_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chalice has made function, role and REST API, but written no record and tagged nothing."""
    original = chalice.deploy

    def broken(*arguments: Any) -> None:
        original(*arguments)
        (stage.directory / "api/.chalice/deployed/dev.json").unlink()
        raise SentimentError("Chalice could not deploy the API.")

    monkeypatch.setattr(chalice, "deploy", broken)
    with pytest.raises(SentimentError):
        stage.deploy()
    api = stage.api()
    found = api.describe(stage.aws)
    assert found is not None
    assert found.rest_api is not None
    assert api.compare(found).action == "update"
    monkeypatch.setattr(chalice, "deploy", original)
    stage.deploy()
    assert stage.url.split("/")[-3] == found.rest_api["id"]
    assert [each.kind for each in existing(stage.aws, stage.names)].count("REST API") == 1
    assert stage.post(**{"x-api-key": stage.key}).json() == ANSWER


def test_a_half_made_api_is_removed_without_any_file(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from sentiment_cli.resources.api import access

    def broken(*_: Any) -> None:
        raise SentimentError("The network is gone.")

    monkeypatch.setattr(access, "put_responses", broken)
    with pytest.raises(SentimentError):
        stage.deploy()
    # Chalice alone, without its record, makes a second one.
    (stage.directory / "api/.chalice/deployed/dev.json").unlink()
    chalice.deploy(stage.aws, stage.directory / "api", "dev", ignore)
    assert [each.kind for each in existing(stage.aws, stage.names)].count("REST API") == 2
    delete(stage.aws, stage.names, None, ignore)
    assert existing(stage.aws, stage.names) == []


def test_the_record_is_in_the_bucket_too(stage: Stage) -> None:
    s3 = stage.aws.client("s3")
    s3.create_bucket(Bucket=stage.names.bucket)
    stage.deploy()
    local = (stage.directory / "api/.chalice/deployed/dev.json").read_bytes()
    kept = s3.get_object(Bucket=stage.names.bucket, Key="chalice/dev.json")["Body"].read()
    assert kept == local
    changes(stage)
    stage.deploy()
    assert changes(stage) == []


def test_another_stage_in_another_region_needs_no_file_of_its_own(stage: Stage) -> None:
    from dataclasses import replace

    stage.deploy()
    names = replace(stage.names, stage="prod", region="eu-west-1")
    prod = replace(stage, aws=connect("eu-west-1"), names=names, events=[])
    stage.sandbox.models[prod.names.endpoint] = stage.sandbox.models[stage.names.endpoint]
    prod.deploy("none")
    assert prod.url != stage.url
    assert prod.post().json() == ANSWER
    assert (stage.directory / "api/.chalice/policy-prod.json").exists()
    delete(prod.aws, prod.names, prod.directory, ignore)
    assert stage.post(**{"x-api-key": stage.key}).json() == ANSWER


def test_what_the_user_wrote_stays(stage: Stage) -> None:
    path = stage.directory / "api/.chalice/config.json"
    config = json.loads(path.read_text())
    config["lambda_memory_size"] = 512
    config["stages"]["dev"]["environment_variables"]["LOG_LEVEL"] = "DEBUG"
    path.write_text(json.dumps(config))
    stage.deploy()
    found = stage.aws.client("lambda").get_function_configuration(FunctionName=stage.names.function)
    assert found["MemorySize"] == 512
    assert found["Environment"]["Variables"]["LOG_LEVEL"] == "DEBUG"
    assert json.loads(path.read_text())["stages"]["dev"]["environment_variables"]["LOG_LEVEL"] == "DEBUG"


def test_a_function_of_somebody_else_is_left_alone(stage: Stage) -> None:
    from tests.sandbox.gateway.conftest import function

    function(stage.sandbox, stage.names.function, "def app(event, context): return {}")
    with pytest.raises(Refused) as refused:
        stage.api().describe(stage.aws)
    assert refused.value.code == "name-taken"
    assert "Lambda function" not in {each.kind for each in existing(stage.aws, stage.names)}


def test_a_project_without_an_api_says_so(stage: Stage) -> None:
    (stage.directory / "api/app.py").unlink()
    with pytest.raises(InputError) as refused:
        stage.api().describe(stage.aws)
    assert refused.value.code == "no-api-project"


def test_code_that_cannot_be_imported_is_named(stage: Stage) -> None:
    (stage.directory / "api/app.py").write_text("import nothing_like_it\n")
    with pytest.raises(SentimentError) as refused:
        stage.api().create(stage.aws, ignore)
    assert "nothing_like_it" in refused.value.why


def test_addresses_follow_the_partition(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    import boto3

    from sentiment_cli.resources.api import url

    assert url(stage.aws, "abc", "api") == f"{stage.sandbox.url}/_aws/execute-api/abc/api/"
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert url(stage.aws, "abc", "api") == "https://abc.execute-api.us-east-1.amazonaws.com/api/"
    session = boto3.session.Session(region_name="cn-north-1")
    china = replace(stage.aws, region="cn-north-1", partition="aws-cn", session=session, _clients={})
    assert url(china, "abc", "api") == "https://abc.execute-api.cn-north-1.amazonaws.com.cn/api/"


def test_names(stage: Stage) -> None:
    assert isinstance(stage.api(), Api)
    assert stage.api().name == stage.names.function
