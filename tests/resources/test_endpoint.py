"""The endpoint: real servers that come up, are replaced without a gap, fail, and are believed only when they serve."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.clients.endpoint import EndpointClient
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Interrupted, PartlyDone, SentimentError
from sentiment_cli.events import Event, Progress, ignore
from sentiment_cli.resources import endpoint, endpoint_config
from sentiment_cli.resources.endpoint import Endpoint
from sentiment_cli.resources.endpoint_config import EndpointConfig
from tests.resources.hosted import BROKEN, NO_ARCHIVE, Stage

pytestmark = pytest.mark.usefixtures("hasty")
PING = "did not pass the ping health check"


def found(aws: Aws, one: Endpoint) -> Mapping[str, Any]:
    seen = one.describe(aws)
    assert seen is not None
    return seen


def says(aws: Aws, one: Endpoint) -> str:
    """The label that the endpoint gives a kind text."""
    return str(EndpointClient(aws, one.name).ask(["what a great day"])["output"][0]["label"])


def begun(stage: Stage, content: bytes) -> Endpoint:
    """An endpoint that AWS was asked for, and nobody waits for."""
    one = stage.endpoint(content)
    stage.aws.client("sagemaker").create_endpoint(EndpointName=one.name, EndpointConfigName=one.config)
    return one


@pytest.fixture
def serving(stage: Stage, english: bytes) -> Endpoint:
    one = stage.endpoint(english)
    one.create(stage.aws, ignore)
    return one


def test_what_is_made_serves_and_is_kept(stage: Stage, english: bytes, changes: Any) -> None:
    said: list[Event] = []
    one = stage.endpoint(english)
    assert one.describe(stage.aws) is None

    one.create(stage.aws, said.append)

    assert says(stage.aws, one) == "Positive"
    assert next(each.label for each in said if isinstance(each, Progress)) == "Creating"
    changes()
    decision = one.compare(found(stage.aws, one))
    assert (decision.action, decision.reason) == ("keep", "serves this version")
    assert [each.bills for each in endpoint.existing(stage.aws, stage.names)] == [True]
    assert changes() == []

    one.create(stage.aws, ignore)  # once more, as after an attempt that broke off
    assert changes() == ["CreateEndpoint"]
    tags = stage.aws.client("sagemaker").list_tags(ResourceArn=found(stage.aws, one)["EndpointArn"])["Tags"]
    assert {each["Key"]: each["Value"] for each in tags} == stage.names.tags


def test_an_update_leaves_no_gap(stage: Stage, serving: Endpoint, german: bytes) -> None:
    new = stage.endpoint(german)
    seen = found(stage.aws, new)
    decision = new.compare(seen)
    assert (decision.action, decision.reason) == ("update", "serves another version")
    answers, over = [], threading.Event()

    def ask() -> None:
        while not over.is_set():
            answers.append(says(stage.aws, serving))
            over.wait(0.02)

    asking = threading.Thread(target=ask)
    asking.start()
    new.update(stage.aws, seen, ignore)
    time.sleep(0.1)
    over.set()
    asking.join()

    assert (answers[0], answers[-1]) == ("Positive", "gut")
    assert len(answers) > 10, "every question was answered, for a refusal would have ended the asking"
    assert new.compare(found(stage.aws, new)).action == "keep"


def test_an_update_that_is_taken_back_is_told_and_the_old_version_serves(stage: Stage, serving: Endpoint) -> None:
    new = stage.endpoint(BROKEN)

    with pytest.raises(SentimentError, match="was taken back") as caught:
        new.update(stage.aws, found(stage.aws, new), ignore)

    assert caught.value.code == "rolled-back"
    assert f"{serving.config} still serves" in caught.value.what
    assert PING in caught.value.why
    assert "The container's last lines:" in caught.value.why
    assert '"failed"' in caught.value.why
    assert "serve-local --engine docker" in caught.value.fix
    assert found(stage.aws, new)["EndpointStatus"] == "InService"
    assert says(stage.aws, serving) == "Positive"


def test_an_endpoint_that_does_not_come_up_is_told_and_replaced(stage: Stage, english: bytes) -> None:
    one = stage.endpoint(BROKEN)

    with pytest.raises(SentimentError, match=f"The endpoint {stage.names.endpoint} is Failed") as caught:
        one.create(stage.aws, ignore)

    assert caught.value.code == "endpoint-failed"
    assert PING in caught.value.why
    assert '"failed"' in caught.value.why.partition("The container's last lines:")[2]
    new = stage.endpoint(english)
    for each in (one, new):
        decision = each.compare(found(stage.aws, each))
        assert (decision.action, "it is Failed" in decision.reason) == ("replace", True)

    new.remove(stage.aws, ignore)
    new.create(stage.aws, ignore)

    assert says(stage.aws, new) == "Positive"


def test_a_failure_without_log_lines_is_told_too(stage: Stage) -> None:
    with pytest.raises(SentimentError) as caught:
        stage.endpoint(NO_ARCHIVE).create(stage.aws, ignore)

    assert "Failed to extract model data archive" in caught.value.why
    assert "last lines" not in caught.value.why


def test_who_may_not_read_the_log_still_sees_the_reason(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**request: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeLogStreams")

    monkeypatch.setattr(stage.aws.client("logs"), "describe_log_streams", refused)

    with pytest.raises(SentimentError) as caught:
        stage.endpoint(NO_ARCHIVE).create(stage.aws, ignore)

    assert "Failed to extract model data archive" in caught.value.why


def test_what_an_attempt_left_in_creation_is_waited_for(stage: Stage, english: bytes) -> None:
    one = begun(stage, english)
    decision = one.compare(found(stage.aws, one))
    assert (decision.action, decision.reason) == ("update", "is Creating; it is waited for")

    one.update(stage.aws, found(stage.aws, one), ignore)

    assert says(stage.aws, one) == "Positive"


def test_an_update_of_what_is_in_creation_comes_after_it(stage: Stage, english: bytes, german: bytes) -> None:
    begun(stage, english)
    new = stage.endpoint(german)

    new.update(stage.aws, found(stage.aws, new), ignore)

    assert says(stage.aws, new) == "gut"


def test_an_update_of_what_fails_in_creation_makes_it_anew(stage: Stage, english: bytes) -> None:
    begun(stage, NO_ARCHIVE)
    new = stage.endpoint(english)

    new.update(stage.aws, found(stage.aws, new), ignore)

    assert says(stage.aws, new) == "Positive"


def test_a_configuration_that_aws_does_not_know_yet_is_waited_for(stage: Stage, english: bytes) -> None:
    model = stage.model(english)
    model.create(stage.aws, ignore)
    config = EndpointConfig(stage.names, model.name)
    timer = threading.Timer(0.5, lambda: config.create(stage.aws, ignore))
    timer.start()

    one = Endpoint(stage.names, config.name)
    one.create(stage.aws, ignore)

    timer.join()
    assert says(stage.aws, one) == "Positive"


def test_it_is_deleted_also_while_it_is_in_creation_and_once_only(stage: Stage, english: bytes, changes: Any) -> None:
    one = begun(stage, english)
    (there,) = endpoint.existing(stage.aws, stage.names)
    changes()

    there.delete(ignore)
    there.delete(ignore)

    assert changes() == ["DeleteEndpoint"], "only when it could be"
    assert one.describe(stage.aws) is None
    assert endpoint.existing(stage.aws, stage.names) == []


def test_two_who_delete_it_do_not_meet_an_error(stage: Stage, serving: Endpoint) -> None:
    other = threading.Thread(target=lambda: endpoint.delete(stage.aws, serving.name, ignore))
    other.start()
    endpoint.delete(stage.aws, serving.name, ignore)
    other.join()

    assert serving.describe(stage.aws) is None


def test_a_replaced_endpoint_whose_deletion_goes_on_is_waited_for(stage: Stage, serving: Endpoint) -> None:
    stage.aws.client("sagemaker").delete_endpoint(EndpointName=serving.name)
    status = (serving.describe(stage.aws) or {"EndpointStatus": "Deleting"})["EndpointStatus"]
    assert serving.compare({"EndpointStatus": status, "EndpointConfigName": serving.config}).action == "replace"

    serving.remove(stage.aws, ignore)
    serving.create(stage.aws, ignore)

    assert says(stage.aws, serving) == "Positive"


def test_who_wants_to_leave_does_not_wait_and_it_goes_on(stage: Stage, english: bytes) -> None:
    one = stage.endpoint(english)

    with pytest.raises(Interrupted) as caught:
        one.create(stage.aws, lambda event: stage.aws.leaving.set())

    assert caught.value.exit_code == 130
    stage.aws.leaving.clear()
    one.update(stage.aws, found(stage.aws, one), ignore)
    assert says(stage.aws, one) == "Positive"


def test_what_takes_too_long_is_partly_done(stage: Stage, english: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    one = begun(stage, english)

    monkeypatch.setattr(endpoint, "PATIENCE", 0.0)

    with pytest.raises(PartlyDone, match="is still Creating") as caught:
        one.update(stage.aws, found(stage.aws, one), ignore)
    monkeypatch.setattr(endpoint, "PATIENCE", 60.0)  # for whoever tidies up

    assert (caught.value.exit_code, caught.value.code) == (6, "endpoint-slow")


def test_one_that_somebody_deletes_meanwhile_is_told(stage: Stage, english: bytes) -> None:
    one = stage.endpoint(english)

    def somebody(event: Event) -> None:
        endpoint.delete(replace(stage.aws, leaving=threading.Event()), one.name, ignore)

    with pytest.raises(SentimentError) as caught:
        one.create(stage.aws, somebody)

    assert caught.value.code == "endpoint-gone"


def test_only_its_own_stage_finds_it(stage: Stage) -> None:
    one = begun(stage, NO_ARCHIVE)
    longer = replace(stage.names, project=f"{stage.names.project}-dev")

    assert endpoint.existing(stage.aws, longer) == []
    assert endpoint.existing(stage.aws, replace(stage.names, stage="de")) == []
    assert [each.name for each in endpoint.existing(stage.aws, stage.names)] == [one.name]


def test_a_configuration_in_use_outlives_its_endpoint(stage: Stage) -> None:
    one = begun(stage, NO_ARCHIVE)

    endpoint.delete(stage.aws, one.name, ignore)

    assert [each.name for each in endpoint_config.existing(stage.aws, stage.names)] == [one.config]


@pytest.mark.parametrize("status", ["Failed", "UpdateRollbackFailed", "OutOfService", "Deleting"])
def test_what_allows_nothing_but_deleting_is_replaced(stage: Stage, status: str) -> None:
    decision = Endpoint(stage.names, "c").compare({"EndpointStatus": status, "EndpointConfigName": "c"})
    assert (decision.action, status in decision.reason) == ("replace", True)


@pytest.mark.parametrize(("reason", "remedy"), [
    ("InsufficientInstanceCapacity: none", "--instance-type"),
    ("The primary container did not pass the ping health check", "serve-local --engine docker"),
    ("CannotStartContainerError", "serve-local --engine docker"),
    ("Failed to download model data", "teardown"),
])  # fmt: skip
def test_each_reason_has_its_remedy(reason: str, remedy: str) -> None:
    assert remedy in endpoint._remedy(reason)
