"""The artifact on S3: sent whole or in parts, held against what was planned, and not sent twice."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Event, Progress, ignore
from sentiment_cli.resources import artifact
from sentiment_cli.resources.artifact import Artifact, sha256_of
from sentiment_cli.resources.bucket import Bucket
from sentiment_cli.resources.names import Names

SMALLEST_PART = 5 << 20  # that S3 takes
SIZES = {"whole": 3000, "one part": SMALLEST_PART, "parts": SMALLEST_PART * 2 + 7}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "PART", SMALLEST_PART)


@pytest.fixture
def bucket(aws: Aws, names: Names) -> str:
    Bucket(names).create(aws, ignore)
    return names.bucket


def planned(names: Names, folder: Path, size: int = SIZES["whole"]) -> Artifact:
    path = folder / "model.tar.gz"
    path.write_bytes(os.urandom(size))
    return Artifact(names, path, sha256_of(path))


def found(aws: Aws, one: Artifact) -> Mapping[str, Any]:
    seen = one.describe(aws)
    assert seen is not None
    return seen


@pytest.mark.parametrize("form", SIZES)
def test_what_is_sent_is_kept(aws: Aws, names: Names, bucket: str, tmp_path: Path, form: str) -> None:
    one = planned(names, tmp_path, SIZES[form])
    assert one.describe(aws) is None

    one.create(aws, ignore)

    decision = one.compare(found(aws, one))
    assert (decision.action, decision.reason) == ("keep", "same content")
    content = aws.client("s3").get_object(Bucket=bucket, Key=one.key)["Body"].read()
    assert hashlib.sha256(content).hexdigest() == one.sha256


@pytest.mark.parametrize(("form", "number"), [("whole", ""), ("one part", "-1"), ("parts", "-3")])
def test_s3_answers_with_the_checksum_of_the_whole_or_of_its_parts(
    aws: Aws, names: Names, bucket: str, tmp_path: Path, form: str, number: str, changes: Any
) -> None:
    one = planned(names, tmp_path, SIZES[form])
    changes()

    one.create(aws, ignore)

    assert (changes()[0] == "PutObject") == (form == "whole")
    _, dash, parts = str(found(aws, one)["checksum"]).partition("-")
    assert dash + parts == number


def test_looking_changes_nothing(aws: Aws, names: Names, bucket: str, tmp_path: Path, changes: Any) -> None:
    one = planned(names, tmp_path)
    one.create(aws, ignore)
    changes()

    one.compare(found(aws, one))

    assert changes() == []


def test_a_second_attempt_is_no_error(aws: Aws, names: Names, bucket: str, tmp_path: Path) -> None:
    one = planned(names, tmp_path)
    one.create(aws, ignore)
    one.create(aws, ignore)

    assert one.compare(found(aws, one)).action == "keep"


def test_another_content_is_another_object(aws: Aws, names: Names, bucket: str, tmp_path: Path) -> None:
    first = planned(names, tmp_path)
    first.create(aws, ignore)
    second = planned(names, tmp_path)

    assert second.describe(aws) is None
    second.create(aws, ignore)

    listed = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert {each["Key"] for each in listed} == {first.key, second.key}


@pytest.mark.parametrize("checksum", [{"ChecksumAlgorithm": "SHA256"}, {}])
def test_what_somebody_put_in_its_place_is_replaced(
    aws: Aws, names: Names, bucket: str, tmp_path: Path, checksum: dict[str, str]
) -> None:
    one = planned(names, tmp_path)
    aws.client("s3").put_object(Bucket=bucket, Key=one.key, Body=b"other", **checksum)
    seen = found(aws, one)
    assert one.compare(seen).action == "replace"

    one.update(aws, seen, ignore)

    assert one.compare(found(aws, one)).action == "keep"


def test_the_upload_is_told_byte_by_byte(aws: Aws, names: Names, bucket: str, tmp_path: Path) -> None:
    said: list[Event] = []
    one = planned(names, tmp_path, SIZES["parts"])

    one.create(aws, said.append)

    told = [each for each in said if isinstance(each, Progress)]
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert (told[-1].done, told[-1].total, told[-1].unit) == (SIZES["parts"], SIZES["parts"], "bytes")


@pytest.mark.parametrize("form", ["whole", "parts"])
def test_a_file_that_changes_while_it_is_sent_is_not_used(
    aws: Aws, names: Names, bucket: str, tmp_path: Path, form: str
) -> None:
    one = planned(names, tmp_path, SIZES[form])

    def change(event: Event) -> None:
        with one.path.open("r+b") as file:
            file.write(b"another beginning")

    with pytest.raises(SentimentError, match="Cannot use the upload") as caught:
        one.create(aws, change)

    assert caught.value.code == "artifact-changed"
    assert "changed while it was being uploaded" in caught.value.why
    assert one.describe(aws) is None


def test_a_file_that_changed_before_it_was_sent_is_not_used(
    aws: Aws, names: Names, bucket: str, tmp_path: Path
) -> None:
    one = planned(names, tmp_path)
    one.path.write_bytes(b"trained again")

    with pytest.raises(SentimentError) as caught:
        one.create(aws, ignore)

    assert caught.value.code == "artifact-changed"
    assert one.describe(aws) is None


def test_a_file_that_is_gone_is_told(aws: Aws, names: Names, bucket: str, tmp_path: Path) -> None:
    one = planned(names, tmp_path)
    one.path.unlink()

    with pytest.raises(SentimentError) as caught:
        one.create(aws, ignore)

    assert caught.value.code == "artifact-changed"


def test_what_aws_refuses_is_raised_in_its_own_words(aws: Aws, names: Names, tmp_path: Path) -> None:
    with pytest.raises(ClientError) as caught:
        planned(names, tmp_path).create(aws, ignore)

    assert caught.value.response["Error"]["Code"] == "NoSuchBucket"


def test_a_bucket_of_others_gets_nothing(aws: Aws, names: Names, tmp_path: Path) -> None:
    from sentiment_cli.sandbox.callers import access_key

    strangers = aws.session.client("s3", aws_access_key_id=access_key("210987654321"), aws_secret_access_key="-")
    strangers.create_bucket(Bucket=names.bucket)

    with pytest.raises(ClientError) as caught:
        planned(names, tmp_path).create(aws, ignore)

    assert caught.value.response["Error"]["Code"] == "AccessDenied"
