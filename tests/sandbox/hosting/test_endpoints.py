"""Endpoints are real servers: they come up, answer, are replaced, roll back and go, and say so as AWS does."""

from __future__ import annotations

import os
import signal
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.sandbox.faults import Rule
from sentiment_cli.sandbox.hosting import archives, fleets, instances
from sentiment_cli.sandbox.hosting import servers as servers_of_ours
from tests.sandbox.hosting.conftest import Account, Sandbox, archive, until


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def servers(sandbox: Sandbox) -> list[int]:
    """Server processes of a sandbox, by the folder they run in."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(sandbox.context.folder) in str((entry / "cwd").readlink()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def answers(aws: Account) -> bool:
    try:
        return aws.ask("great") == "Positive"
    except ClientError:
        return False


def serving_since(aws: Account) -> Any:
    """When the image of the present servers was looked up, which tells servers apart."""
    return aws.describe("tweets")["ProductionVariants"][0]["DeployedImages"][0]["ResolutionTime"]


def test_an_endpoint_answers_what_its_model_says(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    assert aws.ask("what a great day") == "Positive"
    assert aws.ask("what an awful day") == "Negative"


def test_an_endpoint_is_creating_until_its_server_answers(aws: Account, english: bytes) -> None:
    aws.model("m", english)
    aws.config("c", "m")
    aws.sagemaker.create_endpoint(EndpointName="tweets", EndpointConfigName="c")
    seen = aws.describe("tweets")
    assert seen["EndpointStatus"] == "Creating"
    assert "ProductionVariants" not in seen
    arn = seen["EndpointArn"]
    in_progress = ("ValidationException", f'Cannot update in-progress endpoint "{arn}".')
    assert refusal(aws.sagemaker.delete_endpoint, EndpointName="tweets") == in_progress
    assert refusal(aws.sagemaker.update_endpoint, EndpointName="tweets", EndpointConfigName="c") == in_progress
    code, text = refusal(aws.runtime.invoke_endpoint, EndpointName="tweets", Body=b"{}")
    assert (code, text) == ("ValidationError", f"Endpoint tweets of account {aws.id} not found.")
    variant = aws.settled("tweets", "InService")["ProductionVariants"][0]
    assert variant["VariantName"] == "AllTraffic"
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"] == 1
    assert variant["DeployedImages"][0]["SpecifiedImage"] == aws.image


def test_the_log_is_in_cloudwatch_by_variant_and_instance(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    assert any('"ready"' in line for line in aws.log())
    streams = aws.logs.describe_log_streams(logGroupName="/aws/sagemaker/Endpoints/tweets")["logStreams"]
    assert [name[:13] for name in (each["logStreamName"] for each in streams)] == ["AllTraffic/i-"]


def test_an_update_serves_the_new_model_and_ends_the_old_server(
    aws: Account, sandbox: Sandbox, english: bytes, german: bytes
) -> None:
    others = set(servers(sandbox))
    aws.hosted(english)
    before = set(servers(sandbox)) - others
    assert before
    aws.model("m2", german)
    aws.config("c2", "m2")
    aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="c2")
    seen = aws.describe("tweets")
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("Updating", "tweets-1")
    assert seen["PendingDeploymentSummary"]["EndpointConfigName"] == "c2"
    assert aws.ask("great") == "Positive"  # the old one, meanwhile
    seen = aws.settled("tweets", "InService")
    assert seen["EndpointConfigName"] == "c2"
    assert "PendingDeploymentSummary" not in seen
    assert "FailureReason" not in seen
    assert aws.ask("great") == "gut"
    assert not before & set(servers(sandbox))


def test_no_invocation_fails_while_the_servers_change(aws: Account, english: bytes, german: bytes) -> None:
    aws.hosted(english)
    aws.model("m2", german)
    aws.config("c2", "m2")
    heard: list[str] = []
    changed = threading.Event()

    def ask_on() -> None:
        while not changed.is_set():
            heard.append(aws.ask("great"))
        heard.append(aws.ask("great"))

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_on) for _ in range(4)]
        aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="c2")
        until(lambda: aws.describe("tweets")["EndpointStatus"], lambda status: status == "InService")
        changed.set()
        for each in asking:
            each.result()
    assert set(heard) == {"Positive", "gut"}
    assert heard[-4:] == ["gut"] * 4


def test_an_invocation_that_began_before_the_servers_changed_is_answered(
    aws: Account, sandbox: Sandbox, english: bytes, german: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers_of_ours, "STOP_SECONDS", 0.1)
    others = set(servers(sandbox))
    aws.hosted(english)
    old, before = set(servers(sandbox)) - others, serving_since(aws)
    aws.model("m2", german)
    aws.config("c2", "m2")
    with ThreadPoolExecutor(1) as pool:
        for pid in old:
            os.kill(pid, signal.SIGSTOP)
        slow = pool.submit(aws.ask, "great")
        time.sleep(0.3)
        aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="c2")
        until(lambda: serving_since(aws), lambda since: since != before)
        time.sleep(0.5)  # more than a server has that is told to end
        for pid in old:
            os.kill(pid, signal.SIGCONT)
        assert slow.result() == "Positive"
    aws.settled("tweets", "InService")


def test_a_server_that_hangs_is_replaced(
    aws: Account, sandbox: Sandbox, english: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(instances, "PING_SECONDS", 0.3)
    monkeypatch.setattr(servers_of_ours, "STOP_SECONDS", 0.3)
    others = set(servers(sandbox))
    aws.hosted(english)
    own = set(servers(sandbox)) - others
    for pid in own:
        os.kill(pid, signal.SIGSTOP)
    until(lambda: set(servers(sandbox)), lambda now: not own & now)
    until(lambda: len(set(servers(sandbox)) - others), bool)
    monkeypatch.undo()
    until(lambda: answers(aws), bool)


def test_an_update_that_fails_leaves_the_old_model_serving(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    aws.model("broken", archive(**{"manifest.json": b"{}"}))
    aws.config("c2", "broken")
    aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="c2")
    seen = aws.settled("tweets", "InService")
    assert seen["EndpointConfigName"] == "tweets-1"
    assert "did not pass the ping health check" in seen["FailureReason"]
    assert aws.ask("great") == "Positive"


def test_a_server_that_never_starts_fails_the_endpoint_and_says_why_in_the_log(aws: Account) -> None:
    aws.model("broken", archive(**{"manifest.json": b"{}"}))
    aws.config("c", "broken")
    seen = aws.endpoint("tweets", "c", "Failed")
    assert seen["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert any('"failed"' in line for line in aws.log())
    aws.sagemaker.delete_endpoint(EndpointName="tweets")
    aws.deleted("tweets")


def test_a_server_that_does_not_become_ready_in_time_fails_the_endpoint(
    aws: Account, english: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets, "START_SECONDS", 0.0)
    aws.model("m", english)
    aws.config("c", "m")
    assert "ping health check" in aws.endpoint("tweets", "c", "Failed")["FailureReason"]


def test_an_archive_that_is_none_fails_the_endpoint(aws: Account) -> None:
    aws.model("m", b"this is no archive")
    aws.config("c", "m")
    assert "Failed to extract model data archive" in aws.endpoint("tweets", "c", "Failed")["FailureReason"]


def test_an_archive_that_reaches_out_of_its_folder_fails_the_endpoint(aws: Account) -> None:
    aws.model("m", archive(**{"../outside": b"x"}))
    aws.config("c", "m")
    assert "Failed to extract model data archive" in aws.endpoint("tweets", "c", "Failed")["FailureReason"]


def test_a_python_without_filters_for_archives_will_do(
    aws: Account, english: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They came with Python 3.11.4."""
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    monkeypatch.setattr(tarfile.TarFile, "extraction_filter", None, raising=False)
    aws.hosted(english)
    assert aws.ask("what a great day") == "Positive"


def test_a_defect_of_the_sandbox_fails_the_endpoint_instead_of_leaving_it_for_ever(
    aws: Account, english: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("there is no such thing")

    aws.hosted(english)
    monkeypatch.setattr(archives, "copy", broken)
    aws.config("other", "tweets-1")
    assert "AttributeError" in aws.endpoint("second", "other", "Failed")["FailureReason"]


def test_a_model_that_was_deleted_from_its_bucket_fails_the_endpoint(aws: Account, english: bytes) -> None:
    aws.model("m", english)
    aws.config("c", "m")
    aws.s3.delete_object(Bucket=aws.bucket, Key="m.tar.gz")
    assert "Failed to download model data" in aws.endpoint("tweets", "c", "Failed")["FailureReason"]


def test_a_failed_endpoint_can_only_be_deleted(aws: Account) -> None:
    aws.model("m", b"")
    aws.config("c", "m")
    aws.endpoint("tweets", "c", "Failed")
    code, _ = refusal(aws.sagemaker.update_endpoint, EndpointName="tweets", EndpointConfigName="c")
    assert code == "ValidationException"
    aws.sagemaker.delete_endpoint(EndpointName="tweets")
    aws.deleted("tweets")


def test_trouble_of_servers_can_be_arranged(aws: Account, sandbox: Sandbox, english: bytes) -> None:
    faults = sandbox.hosting.faults
    aws.model("m", english)
    aws.config("c", "m")
    faults.add(Rule("no-capacity", "sagemaker:CreateEndpoint"))
    assert "InsufficientInstanceCapacity" in aws.endpoint("first", "c", "Failed")["FailureReason"]
    faults.add(Rule("slow-start", seconds=1.0))
    began = time.monotonic()
    aws.endpoint("tweets", "c")
    assert time.monotonic() - began > 1.0
    faults.add(Rule("unhealthy", "sagemaker:UpdateEndpoint"))
    aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="c")
    assert "ping health check" in aws.settled("tweets", "InService")["FailureReason"]
    assert faults.rules() == []
    assert aws.ask("great") == "Positive"


def test_a_server_that_crashes_is_replaced(aws: Account, sandbox: Sandbox, english: bytes) -> None:
    others = set(servers(sandbox))
    aws.hosted(english)
    aws.s3.delete_object(Bucket=aws.bucket, Key="tweets-1.tar.gz")  # the endpoint has its own copy
    own = set(servers(sandbox)) - others
    for pid in own:
        os.kill(pid, signal.SIGKILL)

    until(lambda: answers(aws), bool)
    assert not own & set(servers(sandbox))
    assert aws.describe("tweets")["EndpointStatus"] == "InService"


def test_a_deleted_endpoint_leaves_no_process_no_file_and_no_new_log(
    aws: Account, sandbox: Sandbox, english: bytes
) -> None:
    others, files = set(servers(sandbox)), set((sandbox.context.folder / "hosting").iterdir())
    aws.hosted(english)
    assert set(servers(sandbox)) - others
    aws.sagemaker.delete_endpoint(EndpointName="tweets")
    aws.deleted("tweets")
    assert not set(servers(sandbox)) - others
    assert not set((sandbox.context.folder / "hosting").iterdir()) - files
    aws.logs.delete_log_group(logGroupName="/aws/sagemaker/Endpoints/tweets")
    assert aws.log() == []
    code, text = refusal(aws.sagemaker.describe_endpoint, EndpointName="tweets")
    assert code == "ValidationException"
    assert text.startswith('Could not find endpoint "arn:aws:sagemaker:eu-west-1:')


def test_models_and_configurations_of_a_living_endpoint_may_be_deleted(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    aws.sagemaker.delete_model(ModelName="tweets-1")
    aws.sagemaker.delete_endpoint_config(EndpointConfigName="tweets-1")
    assert aws.ask("great") == "Positive"


def test_names_are_taken_once(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    code, text = refusal(aws.sagemaker.create_endpoint, EndpointName="tweets", EndpointConfigName="tweets-1")
    assert code == "ValidationException"
    assert text == f'Cannot create already existing endpoint "{aws.describe("tweets")["EndpointArn"]}".'


def test_more_instances_than_the_quota_are_refused(aws: Account, english: bytes) -> None:
    aws.model("m", english)
    aws.config("three", "m", InitialInstanceCount=3)
    code, text = refusal(aws.sagemaker.create_endpoint, EndpointName="tweets", EndpointConfigName="three")
    assert code == "ResourceLimitExceeded"
    assert text.startswith(
        "The account-level service limit 'ml.m5.large for endpoint usage' is 2 Instances, with current utilization of "
        "0 Instances and a request delta of 3 Instances."
    )
    assert refusal(aws.sagemaker.describe_endpoint, EndpointName="tweets")[0] == "ValidationException"


def test_an_update_needs_room_for_both_fleets(aws: Account, english: bytes) -> None:
    aws.hosted(english, InitialInstanceCount=2)
    aws.config("c2", "tweets-1", InitialInstanceCount=1)
    code, text = refusal(aws.sagemaker.update_endpoint, EndpointName="tweets", EndpointConfigName="c2")
    assert code == "ResourceLimitExceeded"
    assert "current utilization of 2 Instances and a request delta of 1 Instances" in text
    assert aws.describe("tweets")["EndpointStatus"] == "InService"


def test_instances_and_weights_can_be_changed_and_kept_over_an_update(aws: Account, english: bytes) -> None:
    aws.hosted(english, InstanceType="ml.m6g.large")
    wish = {"VariantName": "AllTraffic", "DesiredInstanceCount": 2, "DesiredWeight": 5.0}
    aws.sagemaker.update_endpoint_weights_and_capacities(EndpointName="tweets", DesiredWeightsAndCapacities=[wish])
    variant = aws.settled("tweets", "InService")["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 5.0)
    aws.config("c2", "tweets-1")
    aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="c2", RetainAllVariantProperties=True)
    variant = aws.settled("tweets", "InService")["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 5.0)


def test_a_serverless_endpoint_answers_and_cannot_replace_instances(aws: Account, english: bytes) -> None:
    aws.hosted(english, ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 2})
    assert aws.ask("great") == "Positive"
    assert aws.describe("tweets")["ProductionVariants"][0]["CurrentServerlessConfig"]["MemorySizeInMB"] == 1024
    aws.config("on-instances", "tweets-1")
    aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="on-instances")
    aws.settled("tweets", "InService")
    code, _ = refusal(aws.sagemaker.update_endpoint, EndpointName="tweets", EndpointConfigName="tweets-1")
    assert code == "ValidationException"


def test_accounts_do_not_see_each_other(aws: Account, sandbox: Sandbox, english: bytes) -> None:
    aws.model("m", english)
    other = Account(sandbox.url)
    assert other.sagemaker.list_models()["Models"] == []
    assert refusal(other.sagemaker.describe_model, ModelName="m")[0] == "ValidationException"
