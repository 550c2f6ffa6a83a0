"""The artifact bucket: private from the start, set right where somebody opened it, and emptied to the last version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.errors import Refused, SentimentError
from sentiment_cli.events import Event, Progress, ignore
from sentiment_cli.resources import bucket
from sentiment_cli.resources.bucket import PRIVATE, Bucket
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox.callers import access_key


@pytest.fixture
def made(aws: Aws, names: Names) -> Bucket:
    one = Bucket(names)
    one.create(aws, ignore)
    return one


def found(aws: Aws, one: Bucket) -> Mapping[str, Any]:
    seen = one.describe(aws)
    assert seen is not None
    return seen


@pytest.fixture
def strangers_s3(aws: Aws) -> Any:
    """S3 as another account sees it."""
    return aws.session.client("s3", aws_access_key_id=access_key("210987654321"), aws_secret_access_key="-")


def test_what_is_made_is_kept(aws: Aws, names: Names) -> None:
    one = Bucket(names)
    assert one.describe(aws) is None

    one.create(aws, ignore)

    decision = one.compare(found(aws, one))
    assert (decision.action, decision.reason) == ("keep", "private, encrypted, versioned")


def test_it_is_as_described(aws: Aws, made: Bucket) -> None:
    s3, name = aws.client("s3"), made.name
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == PRIVATE
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]


def test_looking_changes_nothing(aws: Aws, made: Bucket, changes: Any) -> None:
    made.compare(found(aws, made))
    bucket.existing(aws, made.names)

    assert changes() == []


def test_an_attempt_that_broke_off_is_completed(aws: Aws, names: Names) -> None:
    aws.client("s3").create_bucket(Bucket=names.bucket)
    one = Bucket(names)
    assert one.compare(found(aws, one)).action == "update"

    one.create(aws, ignore)
    one.create(aws, ignore)

    assert one.compare(found(aws, one)).action == "keep"


@pytest.mark.parametrize(
    ("lost", "repair"),
    [
        ("private", "PutPublicAccessBlock"),
        ("partly private", "PutPublicAccessBlock"),
        ("encrypted", "PutBucketEncryption"),
        ("versioned", "PutBucketVersioning"),
        ("TLS-only", "PutBucketPolicy"),
        ("tagged", "PutBucketTagging"),
    ],
)
def test_what_somebody_changed_is_set_right(aws: Aws, made: Bucket, changes: Any, lost: str, repair: str) -> None:
    s3, name = aws.client("s3"), made.name
    if lost == "private":
        s3.delete_public_access_block(Bucket=name)
    elif lost == "partly private":
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={**PRIVATE, "BlockPublicPolicy": False})
    elif lost == "encrypted":
        s3.delete_bucket_encryption(Bucket=name)
    elif lost == "versioned":
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    elif lost == "TLS-only":
        s3.delete_bucket_policy(Bucket=name)
    else:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "cost-centre", "Value": "7"}]})
    seen = found(aws, made)
    decision = made.compare(seen)
    assert (decision.action, decision.reason) == ("update", f"not {lost.removeprefix('partly ')}")
    changes()

    made.update(aws, seen, ignore)

    assert changes() == [repair]
    assert made.compare(found(aws, made)).action == "keep"


def test_what_others_tag_is_not_ours_to_remove(aws: Aws, made: Bucket) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_tagging(Bucket=made.name, Tagging={"TagSet": [{"Key": "cost-centre", "Value": "7"}]})

    made.update(aws, found(aws, made), ignore)

    tags = {each["Key"]: each["Value"] for each in s3.get_bucket_tagging(Bucket=made.name)["TagSet"]}
    assert tags == {"cost-centre": "7", **made.names.tags}


def test_a_name_that_is_taken_is_refused_before_anything_else(
    aws: Aws, names: Names, strangers_s3: Any, changes: Any
) -> None:
    strangers_s3.create_bucket(Bucket=names.bucket)
    one = Bucket(names)
    changes()

    with pytest.raises(Refused, match="cannot be used") as caught:
        one.describe(aws)
    assert (caught.value.exit_code, caught.value.code) == (5, "bucket-taken")
    assert changes() == []

    with pytest.raises(Refused):
        one.create(aws, ignore)
    assert changes() == ["CreateBucket"], "and nothing is set on it"


def test_a_bucket_of_others_is_neither_found_nor_removed(aws: Aws, names: Names, strangers_s3: Any) -> None:
    strangers_s3.create_bucket(Bucket=names.bucket)

    assert bucket.existing(aws, names) == []
    with pytest.raises(Refused):
        bucket.delete(aws, names.bucket, ignore)
    assert [each["Name"] for each in strangers_s3.list_buckets()["Buckets"]].count(names.bucket) == 1


@pytest.mark.parametrize(("region", "location"), [("us-east-1", None), ("eu-west-1", "eu-west-1")])
def test_it_is_made_in_the_region_of_its_stage(aws: Aws, names: Names, region: str, location: str | None) -> None:
    there = connect(region)
    one = Bucket(replace(names, region=region))

    one.create(there, ignore)

    assert there.client("s3").get_bucket_location(Bucket=one.name)["LocationConstraint"] == location
    assert one.compare(found(there, one)).action == "keep"


def test_only_its_own_stage_finds_it(aws: Aws, made: Bucket) -> None:
    longer = replace(made.names, project=f"{made.names.project}-dev", stage="x")
    Bucket(longer).create(aws, ignore)

    assert [each.name for each in bucket.existing(aws, made.names)] == [made.name]
    assert [each.name for each in bucket.existing(aws, longer)] == [longer.bucket]
    assert bucket.existing(aws, replace(made.names, stage="de")) == []
    assert bucket.existing(aws, replace(made.names, region="eu-west-1")) == []


def fill(aws: Aws, name: str, versions: int) -> None:
    """Versions of a few objects, two delete markers, and uploads that were never finished."""
    s3 = aws.client("s3")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: s3.put_object(Bucket=name, Key=f"artifacts/{number % 7}"), range(versions - 2)))
    for number in range(2):
        s3.delete_object(Bucket=name, Key=f"artifacts/{number}")
    for number in range(3):
        upload = s3.create_multipart_upload(Bucket=name, Key=f"artifacts/unfinished-{number}")["UploadId"]
        s3.upload_part(Bucket=name, Key=f"artifacts/unfinished-{number}", UploadId=upload, PartNumber=1, Body=b"part")


def test_it_is_emptied_of_all_versions_and_parts_and_removed_once_only(
    aws: Aws, made: Bucket, changes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "DELETED_AT_ONCE", 20)
    fill(aws, made.name, 50)
    said: list[Event] = []
    (one,) = bucket.existing(aws, made.names)
    changes()

    one.delete(said.append)

    assert changes() == [*["DeleteObjects"] * 3, *["AbortMultipartUpload"] * 3, "DeleteBucket"]
    assert [each.done for each in said if isinstance(each, Progress)] == [20, 40, 50]
    one.delete(ignore)
    assert changes() == []
    assert made.describe(aws) is None
    assert bucket.existing(aws, made.names) == []


def test_what_cannot_be_deleted_is_told(aws: Aws, made: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=made.name, Key="kept")
    refusal = {"Key": "kept", "Code": "AccessDenied", "Message": "Access Denied"}
    monkeypatch.setattr(s3, "delete_objects", lambda **request: {"Errors": [refusal]})

    with pytest.raises(SentimentError, match="Cannot empty the bucket") as caught:
        bucket.delete(aws, made.name, ignore)

    assert caught.value.why == "AWS says AccessDenied of kept: Access Denied."
