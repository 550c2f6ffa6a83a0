"""An artifact that somebody changed in S3 is not served, and not taken for the one that was planned."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment import deploying, teardown
from sentiment_cli.deployment.deploying import Target
from sentiment_cli.events import ignore


@pytest.fixture(autouse=True)
def _leave_nothing(aws: Aws, target: Target) -> Iterator[None]:
    yield
    names = target.names(aws)
    teardown.apply(aws, names, teardown.inventory(aws, names), deploying.journal_of(aws, target, ignore), ignore)


def manipulated(archive: bytes) -> bytes:
    """The archive with one letter of its model changed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as old, tarfile.open(fileobj=buffer, mode="w:gz") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "scorer.json":
                content = content[:-1] + b" "
            new.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def may_log(aws: Aws, role: str, group: str) -> None:
    """The stage's role may write the log of its own endpoint only."""
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": f"{aws.arn('logs', f'log-group:{group}')}*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.client("iam").put_role_policy(RoleName=role, PolicyName="other", PolicyDocument=document)


def settled(aws: Aws, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (found := aws.client("sagemaker").describe_endpoint(EndpointName=name))["EndpointStatus"] == "Creating":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return dict(found)


def test_a_manipulated_artifact_is_refused_by_the_server_and_noticed_by_the_plan(aws: Aws, target: Target) -> None:
    plan = deploying.make_plan(aws, target)
    deploying.deploy(aws, target, plan, deploying.journal_of(aws, target, ignore), ignore)
    s3, artifact, names = aws.client("s3"), plan.stack.artifact, target.names(aws)
    content = s3.get_object(Bucket=names.bucket, Key=artifact.key)["Body"].read()
    s3.put_object(Bucket=names.bucket, Key=artifact.key, Body=manipulated(content))

    hosting, other = aws.client("sagemaker"), f"{names.endpoint}-other"
    group = f"/aws/sagemaker/Endpoints/{other}"
    may_log(aws, names.execution_role, group)
    hosting.create_endpoint(EndpointName=other, EndpointConfigName=plan.stack.config.name)
    found = settled(aws, other)
    aws.client("iam").delete_role_policy(RoleName=names.execution_role, PolicyName="other")
    events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    said = "".join(each["message"] for each in events)
    hosting.delete_endpoint(EndpointName=other)
    aws.client("logs").delete_log_group(logGroupName=group)
    assert found["EndpointStatus"] == "Failed"
    assert "scorer.json is not the file that the manifest names: its SHA-256 differs" in said

    assert [(each.kind, each.action) for each in deploying.make_plan(aws, target).todo] == [("artifact", "replace")]
    again = deploying.make_plan(aws, target)
    deploying.deploy(aws, target, again, deploying.journal_of(aws, target, ignore), ignore)
    assert s3.get_object(Bucket=names.bucket, Key=artifact.key)["Body"].read() == content
    assert deploying.make_plan(aws, target).todo == []
