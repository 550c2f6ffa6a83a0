"""The SageMaker model: named by what is in it, made as soon as AWS knows its role, and never changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Interrupted, SentimentError
from sentiment_cli.events import Event, Progress, ignore
from sentiment_cli.resources import model, service_role
from sentiment_cli.resources.bucket import Bucket
from sentiment_cli.resources.execution_role import ExecutionRole
from sentiment_cli.resources.names import VERSION_TAG, Names
from sentiment_cli.resources.repository import Repository
from tests.resources.hosted import BROKEN, Stage

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def without_role(aws: Aws, names: Names) -> Stage:
    """A stage whose role nobody knows."""
    for each in (Bucket(names), Repository(names)):
        each.create(aws, ignore)
    return Stage(aws, names)


@pytest.fixture
def later() -> Iterator[Any]:
    """Runs something a little later."""
    timers: list[threading.Timer] = []

    def soon(work: Any, seconds: float = 1.0) -> None:
        timers.append(threading.Timer(seconds, work))
        timers[-1].start()

    yield soon
    for each in timers:
        each.join()


def test_what_is_made_is_kept(stage: Stage) -> None:
    one = stage.model(BROKEN)
    assert one.describe(stage.aws) is None

    one.create(stage.aws, ignore)
    one.create(stage.aws, ignore)

    decision = one.compare(one.describe(stage.aws) or {})
    assert (decision.action, decision.reason) == ("keep", "same image, artifact and role")


def test_it_is_made_of_image_artifact_and_role(stage: Stage) -> None:
    one = replace(stage.model(BROKEN), environment={"MODEL_SERVER_THREADS": "2"})

    one.create(stage.aws, ignore)

    seen = stage.aws.client("sagemaker").describe_model(ModelName=one.name)
    assert seen["ExecutionRoleArn"] == ExecutionRole(stage.names).arn(stage.aws)
    container = seen["PrimaryContainer"]
    assert container["ModelDataUrl"] == f"s3://{stage.names.bucket}/{one.artifact_key}"
    assert container["Image"].endswith(f"/{stage.names.repository}:{stage.image}")
    assert container["Environment"] == {"MODEL_SERVER_THREADS": "2"}
    tags = stage.aws.client("sagemaker").list_tags(ResourceArn=seen["ModelArn"])["Tags"]
    expected = {**stage.names.tags, VERSION_TAG: one.artifact_sha256[:16]}
    assert {each["Key"]: each["Value"] for each in tags} == expected


@pytest.mark.parametrize("other", [
    {"image_tag": "another"}, {"artifact_sha256": "0" * 64}, {"environment": {"MODEL_SERVER_WORKERS": "1"}},
])  # fmt: skip
def test_another_content_is_another_name(stage: Stage, other: dict[str, Any]) -> None:
    one = stage.model(BROKEN)
    assert replace(one, **other).name != one.name
    assert replace(one).name == one.name


def test_looking_changes_nothing(stage: Stage, changes: Any) -> None:
    one = stage.model(BROKEN)
    one.create(stage.aws, ignore)
    changes()

    one.compare(one.describe(stage.aws) or {})
    model.existing(stage.aws, stage.names)

    assert changes() == []


def test_a_role_that_aws_does_not_know_yet_is_waited_for(without_role: Stage, later: Any) -> None:
    said: list[Event] = []
    aws, names = without_role.aws, without_role.names
    one = without_role.model(BROKEN)
    later(lambda: ExecutionRole(names).create(aws, ignore))

    one.create(aws, said.append)

    assert one.describe(aws) is not None
    tries = [each.done for each in said if isinstance(each, Progress)]
    assert tries == list(range(1, len(tries) + 1)) != []


def test_permissions_that_aws_does_not_know_yet_are_waited_for(without_role: Stage, later: Any) -> None:
    aws, names = without_role.aws, without_role.names
    trust = json.dumps(service_role.trust(ExecutionRole.service))
    aws.client("iam").create_role(RoleName=names.execution_role, AssumeRolePolicyDocument=trust)
    one = without_role.model(BROKEN)
    later(lambda: ExecutionRole(names).create(aws, ignore))

    one.create(aws, ignore)

    assert one.describe(aws) is not None


def test_a_role_that_stays_unknown_is_given_up(without_role: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PATIENCE", 0.3)
    one = without_role.model(BROKEN)

    with pytest.raises(SentimentError, match=f"SageMaker cannot use the role .*{without_role.names.prefix}") as caught:
        one.create(without_role.aws, ignore)

    assert caught.value.code == "role-unusable"
    assert "Could not assume role" in caught.value.why
    assert "trust policy" in caught.value.fix


def test_what_waiting_cannot_cure_is_told_at_once(stage: Stage) -> None:
    one = replace(stage.model(BROKEN), artifact_key="artifacts/nothing")
    said: list[Event] = []

    with pytest.raises(ClientError, match="Could not find model data"):
        one.create(stage.aws, said.append)

    assert said == []


def test_who_wants_to_leave_does_not_wait(without_role: Stage) -> None:
    one = without_role.model(BROKEN)

    with pytest.raises(Interrupted):
        one.create(without_role.aws, lambda event: without_role.aws.leaving.set())


def test_only_its_own_stage_finds_it_the_newest_first(stage: Stage) -> None:
    longer = Stage(stage.aws, replace(stage.names, project=f"{stage.names.project}-dev")).prepare()
    ones = [stage.model(BROKEN), replace(stage.model(BROKEN), environment={"A": "1"})]
    for each in (*ones, longer.model(BROKEN)):
        each.create(stage.aws, ignore)

    assert [each.name for each in model.existing(stage.aws, stage.names)] == [ones[1].name, ones[0].name]
    assert [each.name for each in model.existing(stage.aws, longer.names)] == [longer.model(BROKEN).name]
    assert model.existing(stage.aws, replace(stage.names, stage="de")) == []


def test_all_of_many_are_found(stage: Stage) -> None:
    for number in range(12):  # a page holds ten
        replace(stage.model(BROKEN), environment={"N": str(number)}).create(stage.aws, ignore)

    assert len(model.existing(stage.aws, stage.names)) == 12


def test_it_is_removed_once_only(stage: Stage) -> None:
    stage.model(BROKEN).create(stage.aws, ignore)
    (one,) = model.existing(stage.aws, stage.names)

    one.delete(ignore)
    one.delete(ignore)

    assert model.existing(stage.aws, stage.names) == []
