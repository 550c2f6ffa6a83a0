"""What comes after the changes: verification, going back, versions kept and removed; and failures half-way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment import deploying, teardown, verify, versions
from sentiment_cli.deployment.deploying import Deployed, Target
from sentiment_cli.deployment.planner import Plan
from sentiment_cli.deployment.state import Journal
from sentiment_cli.deployment.versions import KEPT
from sentiment_cli.errors import CredentialsError, PartlyDone, Refused, SentimentError
from sentiment_cli.events import Event, Note, ignore
from sentiment_cli.resources import endpoint, endpoint_config, model
from sentiment_cli.resources.bucket import Bucket
from sentiment_cli.resources.model import Model
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import Sandbox
from tests.deployment.matrix import add_versions


@pytest.fixture(autouse=True)
def _leave_nothing(aws: Aws, target: Target) -> Iterator[None]:
    yield
    remove(aws, target)


def deploy(aws: Aws, target: Target, change: Any = lambda plan: plan, emit: Any = ignore) -> Deployed:
    plan = change(deploying.make_plan(aws, target))
    return deploying.deploy(aws, target, plan, deploying.journal_of(aws, target, emit), emit)


def remove(aws: Aws, target: Target) -> teardown.TornDown:
    names = target.names(aws)
    found = teardown.inventory(aws, names)
    return teardown.apply(aws, names, found, deploying.journal_of(aws, target, ignore), ignore)


def on(target: Target, **hosting: Any) -> Target:
    """The same on other hardware."""
    project = msgspec.structs.replace(
        target.project, endpoint=msgspec.structs.replace(target.project.endpoint, **hosting)
    )
    return replace(target, project=project)


def expecting_other_answers(plan: Plan) -> Plan:
    golden = [{**row, "score": row["score"] / 2} for row in plan.stack.manifest["golden"]]
    return replace(plan, stack=replace(plan.stack, manifest={**plan.stack.manifest, "golden": golden}))


def test_an_update_that_answers_wrongly_is_taken_back(aws: Aws, target: Target) -> None:
    first = deploy(aws, target)
    events: list[Event] = []
    with pytest.raises(SentimentError) as failed:
        deploy(aws, on(target, instance_type="ml.m5.large"), expecting_other_answers, events.append)
    assert failed.value.code == "verification-rolled-back"
    before = first.plan.stack.config.name
    assert f"{before} serves again" in failed.value.why
    assert any(isinstance(each, Note) and before in each.text for each in events)
    found = endpoint.describe(aws, target.names(aws).endpoint)
    assert found is not None
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", before)
    deploy(aws, target)


def test_a_first_deployment_that_answers_wrongly_says_so_and_can_be_removed(aws: Aws, target: Target) -> None:
    with pytest.raises(PartlyDone) as failed:
        deploy(aws, target, expecting_other_answers)
    assert failed.value.code == "wrong-answers"
    assert "sentiment-cli deploy" in failed.value.fix
    assert remove(aws, target).remaining == ()


def more_versions(aws: Aws, target: Target, number: int) -> Names:
    """A deployment, and so many versions beside it."""
    stack = deploy(aws, target).plan.stack
    add_versions(aws, stack, number)
    return stack.names


def test_the_last_versions_are_kept_and_older_ones_removed(aws: Aws, target: Target) -> None:
    names = more_versions(aws, target, 4)
    last = deploy(aws, on(target, instance_type="ml.m5.large"))
    configs = [each.name for each in endpoint_config.existing(aws, names)]
    assert len(configs) == KEPT
    assert configs[0] == last.plan.stack.config.name
    models = {each.name for each in model.existing(aws, names)}
    assert models == {endpoint_config.model_of(aws, name) for name in configs}
    state = deploying.journal_of(aws, target, ignore).state
    assert state.version == last.plan.stack.config.version
    assert {each.status for each in state.resources.values()} == {"created"}


def test_of_versions_whose_removal_was_cut_off_nothing_stays(
    aws: Aws, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = more_versions(aws, target, 3)
    other, note = on(target, instance_type="ml.m5.large"), Journal.note

    deleted: list[str] = []

    class Killed(BaseException):
        pass

    def killed(journal: Journal, kind: str, name: str, status: str) -> None:
        note(journal, kind, name, status)
        deleted.extend([name] if status == "deleted" else [])
        if len(deleted) == 2:  # of four, two configurations and two models
            raise Killed

    with monkeypatch.context() as cut_off:
        cut_off.setattr(Journal, "note", killed)
        with pytest.raises(Killed):
            deploy(aws, other)
    deploy(aws, other)
    configs = endpoint_config.existing(aws, names)
    assert len(configs) == KEPT
    used = {endpoint_config.model_of(aws, each.name) for each in configs}
    assert {each.name for each in model.existing(aws, names)} == used


def test_what_failed_half_way_is_taken_up_again(aws: Aws, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise SentimentError("The network is gone.", code="network")

    with monkeypatch.context() as broken:
        broken.setattr(Model, "create", refuse)
        with pytest.raises(PartlyDone) as failed:
            deploy(aws, target)
    assert (failed.value.exit_code, failed.value.code) == (6, "network")
    plan = deploying.make_plan(aws, target)
    assert [change.kind for change in plan.todo] == ["model", "endpoint configuration", "endpoint"]
    assert deploy(aws, target).verified
    assert deploying.make_plan(aws, target).todo == []


def test_credentials_that_expire_half_way_say_what_is_kept_and_what_still_bills(
    aws: Aws, target: Target, process_sandbox: Sandbox
) -> None:
    process_sandbox.add_fault("expired", "sagemaker:CreateEndpointConfig")
    with pytest.raises(CredentialsError) as failed:
        deploy(aws, target)
    assert (failed.value.exit_code, failed.value.code) == (4, "ExpiredTokenException")
    assert "aws sso login" in failed.value.fix
    assert "What was made before is kept" in failed.value.fix
    deploy(aws, target)
    process_sandbox.add_fault("expired", "sagemaker:DeleteEndpoint")
    with pytest.raises(CredentialsError) as failed:
        remove(aws, target)
    assert "(bills until it is gone)" in failed.value.why
    assert "`sentiment-cli teardown` goes on" in failed.value.fix


def test_a_drift_is_repaired(aws: Aws, target: Target) -> None:
    deploy(aws, target)
    aws.client("s3").put_bucket_versioning(
        Bucket=target.names(aws).bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    plan = deploying.make_plan(aws, target)
    assert [(change.kind, change.action, change.reason) for change in plan.todo] == [
        (Bucket.kind, "update", "not versioned")
    ]
    deploy(aws, target)
    assert deploying.make_plan(aws, target).todo == []


def test_more_than_the_quota_is_refused_with_what_would_do(aws: Aws, target: Target) -> None:
    wanted = on(target, instance_type="ml.c7i.large", instance_count=2)
    plan = deploying.make_plan(aws, wanted)
    with pytest.raises(Refused) as refused:
        deploying.check(aws, wanted, plan, ignore)
    assert refused.value.code == "quota"
    assert "Its quota is 1" in refused.value.why
    assert "ml.t2.medium ($0.056/h)" in refused.value.fix


def test_endpoints_of_other_stages_use_the_quota_up(aws: Aws, target: Target) -> None:
    other = replace(on(target, instance_type="ml.c7i.large"), stage="other")
    deploy(aws, other)
    wanted = on(target, instance_type="ml.c7i.large")
    with pytest.raises(Refused, match="may not run") as refused:
        deploying.check(aws, wanted, deploying.make_plan(aws, wanted), ignore)
    assert "Its quota is 1, of which 1 is in use" in refused.value.why
    remove(aws, other)
    deploying.check(aws, wanted, deploying.make_plan(aws, wanted), ignore)


def test_endpoints_that_may_not_be_looked_at_do_not_switch_the_quota_off(
    aws: Aws, target: Target, process_sandbox: Sandbox
) -> None:
    """As under the printed policy, which allows a look at the stage's own alone."""
    other = replace(target, stage="other")
    deploy(aws, other)
    wanted = on(target, instance_type="ml.c7i.large", instance_count=2)
    plan, told = deploying.make_plan(aws, wanted), list[Event]()
    process_sandbox.add_fault("denied", "sagemaker:DescribeEndpoint")
    with pytest.raises(Refused, match="may not run"):
        deploying.check(aws, wanted, plan, told.append)
    assert told == []
    assert process_sandbox.faults() == []
    remove(aws, other)


BROKEN = SentimentError("The server had an error of its own.", "It says: broken.", "Look.", code="http-500")
ON_THE_WAY = SentimentError("The network was not there.", "No answer.", "Try again.", code="no-answer")


@pytest.mark.parametrize(("error", "serves"), [(BROKEN, "second"), (ON_THE_WAY, "first")])
def test_going_back_to_a_version_that_does_not_answer_is_taken_back(
    aws: Aws, target: Target, error: SentimentError, serves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble on the way says nothing against it: then it stays."""
    names = target.names(aws)
    by_name = {
        "first": deploy(aws, target).plan.stack.config.name,
        "second": deploy(aws, on(target, instance_type="ml.m5.large")).plan.stack.config.name,
    }

    def failing(*_: object) -> int:
        raise error

    journal = deploying.journal_of(aws, target, ignore)
    chosen = versions.chosen(versions.kept(aws, names), None, journal.state.served, "rollback")
    assert chosen.name == by_name["first"]
    with monkeypatch.context() as broken:
        broken.setattr(verify, "endpoint", failing)
        with pytest.raises(SentimentError) as failed:
            versions.go_back(aws, names, chosen, journal, ignore)
    assert failed.value.code == ("verification-rolled-back" if serves == "second" else "no-answer")
    found = endpoint.describe(aws, names.endpoint)
    assert found is not None
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", by_name[serves])


def test_a_version_whose_model_is_gone_changes_nothing(aws: Aws, target: Target) -> None:
    names = target.names(aws)
    first = deploy(aws, target).plan.stack.config.name
    deploy(aws, on(target, instance_type="ml.m5.large"))
    aws.client("sagemaker").delete_model(ModelName=endpoint_config.model_of(aws, first))
    journal = deploying.journal_of(aws, target, ignore)
    before = journal.state
    chosen = versions.chosen(versions.kept(aws, names), None, journal.state.served, "rollback")
    with pytest.raises(SentimentError) as failed:
        versions.go_back(aws, names, chosen, journal, ignore)
    assert failed.value.code == "model-gone"
    assert journal.state == before


def test_a_model_below_the_threshold_of_the_project_is_not_deployed(aws: Aws, target: Target) -> None:
    strict = msgspec.structs.replace(
        target.project, model=msgspec.structs.replace(target.project.model, min_accuracy=1.0)
    )
    with pytest.raises(Refused, match="not good enough"):
        deploying.make_plan(aws, replace(target, project=strict))


def test_keeping_the_data_keeps_the_bucket_and_nothing_else(aws: Aws, target: Target) -> None:
    deploy(aws, target)
    names = target.names(aws)
    journal = deploying.journal_of(aws, target, ignore)
    found = teardown.inventory(aws, names, keep_data=True)
    done = teardown.apply(aws, names, found, journal, ignore, keep_data=True)
    assert done.remaining == ()
    assert [each.kind for each in teardown.inventory(aws, names)] == [Bucket.kind]


def test_the_second_look_finds_what_has_the_tags_but_another_name(aws: Aws, target: Target) -> None:
    names = target.names(aws)
    aws.client("logs").create_log_group(logGroupName=f"/other/{names.prefix}", tags=names.tags)
    done = remove(aws, target)
    assert done.deleted == (f"log group /other/{names.prefix}",)
    assert done.remaining == ()


def test_an_endpoint_with_instances_is_replaced_by_a_serverless_one_and_that_is_said(aws: Aws, target: Target) -> None:
    deploy(aws, target)
    serverless = on(target, kind="serverless")
    [*_, change] = deploying.make_plan(aws, serverless).todo
    assert (change.kind, change.action) == ("endpoint", "replace")
    assert "for minutes there is none" in change.reason
    deploy(aws, serverless)
    assert deploying.make_plan(aws, serverless).todo == []
    assert [change.action for change in deploying.make_plan(aws, target).todo][-1] == "update"
