"""The bucket of a stage: private, encrypted, versioned, TLS only; it is emptied before it is deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import code_of, or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused, SentimentError
from sentiment_cli.events import Emit, Progress
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.names import Names, tag_list

WITHOUT_LOCATION = "us-east-1"  # the one region whose name S3 does not take
PRIVATE = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
_NOT_ENCRYPTED = "ServerSideEncryptionConfigurationNotFoundError"
# A name is blocked for a while after its bucket was deleted, up to an hour in the worst case.
_BEING_DELETED, PATIENCE = "OperationAborted", 180.0
DELETED_AT_ONCE = 1000  # the most that DeleteObjects takes


@dataclass(frozen=True)
class Bucket:
    """The artifact bucket of a stage."""

    kind: ClassVar[str] = "artifact bucket"
    usual: ClassVar[str] = ""

    names: Names

    @property
    def name(self) -> str:
        return self.names.bucket

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        if not exists(aws, self.name):
            return None
        s3, name = aws.client("s3"), self.name
        block = or_none(lambda: s3.get_public_access_block(Bucket=name), "NoSuchPublicAccessBlockConfiguration") or {}
        locked = or_none(lambda: s3.get_bucket_encryption(Bucket=name), _NOT_ENCRYPTED)
        policy = or_none(lambda: s3.get_bucket_policy(Bucket=name), "NoSuchBucketPolicy")
        tags = _tags(s3, name)
        return {
            "private": block.get("PublicAccessBlockConfiguration") == PRIVATE,
            "encrypted": bool(locked),
            "versioned": s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled",
            "TLS-only": policy is not None and json.loads(policy["Policy"]) == _tls_only(aws, name),
            "tagged": self.names.tags.items() <= tags.items(),
        }

    def compare(self, found: Mapping[str, Any]) -> Decision:
        lacking = [setting for setting, there in found.items() if not there]
        if lacking:
            return Decision("update", f"not {', '.join(lacking)}")
        return Decision("keep", "private, encrypted, versioned")

    def create(self, aws: Aws, emit: Emit) -> None:
        from botocore.exceptions import ClientError

        where = {} if aws.region == WITHOUT_LOCATION else {
            "CreateBucketConfiguration": {"LocationConstraint": aws.region}
        }  # fmt: skip

        try:
            aws.insist(
                lambda: aws.client("s3").create_bucket(Bucket=self.name, **where),
                lambda error: code_of(error) == _BEING_DELETED, seconds=PATIENCE, first=2.0,
                told=lambda tries: emit(Progress("Waiting until S3 gives the name free again,", tries, None, "tries")),
            )  # fmt: skip
        except ClientError as error:
            if code_of(error) == "BucketAlreadyExists":
                raise _taken(self.name) from error
            if code_of(error) != "BucketAlreadyOwnedByYou":
                raise
        self.update(aws, {}, emit)

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        s3, name = aws.client("s3"), self.name
        if not found.get("private"):
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=PRIVATE)
        if not found.get("encrypted"):
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTED)
        if not found.get("versioned"):
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if not found.get("TLS-only"):
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps(_tls_only(aws, name)))
        if not found.get("tagged"):
            # S3 replaces all tags at once: those of others are sent back.
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list({**_tags(s3, name), **self.names.tags})})


def delete(aws: Aws, name: str, emit: Emit) -> None:
    """Remove every version of every object, what was begun and not finished, and the bucket; gone is no error."""
    if not exists(aws, name):
        return
    s3 = aws.client("s3")
    removed = 0
    while batch := _versions(s3, name):
        refused = s3.delete_objects(Bucket=name, Delete={"Objects": batch, "Quiet": True}).get("Errors")
        if refused:
            raise _not_emptied(name, refused[0])
        removed += len(batch)
        emit(Progress("Deleted", removed, None, "object versions"))
    _abort_uploads(s3, name)
    or_none(lambda: s3.delete_bucket(Bucket=name), "NoSuchBucket")


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The stage's bucket, if there is one and it is the caller's."""
    try:
        found = exists(aws, names.bucket)
    except Refused:
        if _is_owned(aws, names.bucket):
            raise
        return []  # somebody else's
    return [Existing(Bucket.kind, names.bucket, lambda emit: delete(aws, names.bucket, emit))] if found else []


def exists(aws: Aws, name: str) -> bool:
    """Whether the bucket is there and ours. Raises Refused if it belongs to somebody else."""
    from botocore.exceptions import ClientError

    try:
        aws.client("s3").head_bucket(Bucket=name, ExpectedBucketOwner=aws.account)
    except ClientError as error:
        if code_of(error) in ("404", "NoSuchBucket"):
            return False
        if code_of(error) in ("403", "AccessDenied"):
            raise _taken(name) from error
        raise
    return True


def _is_owned(aws: Aws, name: str) -> bool:
    """Whether a bucket that may not be looked at is the account's all the same, or nobody says."""
    from botocore.exceptions import ClientError

    try:
        return any(each["Name"] == name for each in aws.client("s3").list_buckets()["Buckets"])
    except ClientError:
        return True


def _tags(s3: Any, name: str) -> dict[str, str]:
    found = or_none(lambda: s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet") or {}
    return {each["Key"]: each["Value"] for each in found.get("TagSet", [])}


def _versions(s3: Any, name: str) -> list[dict[str, str]]:
    """The first versions and delete markers that are left, as many as can be deleted at once."""
    page = s3.list_object_versions(Bucket=name, MaxKeys=DELETED_AT_ONCE)
    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]


def _abort_uploads(s3: Any, name: str) -> None:
    """End uploads that were begun and never finished."""
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for each in page.get("Uploads", []):
            upload = {"Key": each["Key"], "UploadId": each["UploadId"]}
            or_none(lambda upload=upload: s3.abort_multipart_upload(Bucket=name, **upload), "NoSuchUpload")  # type: ignore[misc]


def _tls_only(aws: Aws, name: str) -> dict[str, Any]:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html, data in transit."""
    arn = f"arn:{aws.partition}:s3:::{name}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "EncryptedConnectionsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }  # fmt: skip


def _not_emptied(name: str, refusal: Mapping[str, str]) -> SentimentError:
    return SentimentError(
        f"Cannot empty the bucket {name}.",
        f"AWS says {refusal.get('Code')} of {refusal.get('Key')}: {str(refusal.get('Message', '')).rstrip('.')}.",
        "Remove what keeps that object, a lock or a policy for example, then run `sentiment-cli teardown` again.",
        code=str(refusal.get("Code", "not-emptied")),
    )


def _taken(name: str) -> Refused:
    return Refused(
        f"The bucket {name} cannot be used.",
        "It exists, and is not yours or not for you to look at (s3:ListBucket): bucket names are shared by everyone on "
        "AWS.",
        "If it is yours, ask for what `sentiment-cli policy` prints; else choose another project name in "
        "sentiment.toml, or another --stage: the bucket is named after them.",
        code="bucket-taken",
    )
