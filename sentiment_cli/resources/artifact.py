"""The model artifact in the stage's bucket, under a key that is its SHA-256; what is there is compared, not trusted."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, Progress
from sentiment_cli.resources import Decision
from sentiment_cli.resources.names import Names

PART = 16 << 20  # bytes; what is larger goes up in parts of this size, several at a time


@dataclass(frozen=True)
class Artifact:
    """model.tar.gz on S3."""

    kind: ClassVar[str] = "artifact"
    usual: ClassVar[str] = ""

    names: Names
    path: Path
    sha256: str
    """Hexadecimal, of the file at `path` when the deployment was planned."""

    @property
    def name(self) -> str:
        return f"s3://{self.names.bucket}/{self.key}"

    @property
    def key(self) -> str:
        """The object's key."""
        return f"artifacts/{self.sha256}/model.tar.gz"

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        found = or_none(
            lambda: aws.client("s3").head_object(
                Bucket=self.names.bucket, Key=self.key, ChecksumMode="ENABLED", ExpectedBucketOwner=aws.account
            ),
            "404",
        )
        return found if found is None else {"checksum": found.get("ChecksumSHA256"), "bytes": found["ContentLength"]}

    def compare(self, found: Mapping[str, Any]) -> Decision:
        if found["checksum"] != self._checksum():
            return Decision("replace", "what is there has another checksum")
        return Decision("keep", "same content")

    def create(self, aws: Aws, emit: Emit) -> None:
        from boto3.exceptions import S3UploadFailedError
        from boto3.s3.transfer import TransferConfig

        try:
            self._upload(aws, TransferConfig(multipart_threshold=PART, multipart_chunksize=PART), emit)
        except FileNotFoundError:
            raise self._unusable("The file is gone.") from None
        except S3UploadFailedError as error:
            raise (error.__context__ or error) from None  # what AWS said; boto3 only puts a sentence around it
        self._check(aws)

    def _upload(self, aws: Aws, config: Any, emit: Emit) -> None:
        aws.client("s3").upload_file(
            str(self.path), self.names.bucket, self.key,
            Config=config,
            Callback=_Tally(self.path.stat().st_size, emit),
            ExtraArgs={
                "ChecksumAlgorithm": "SHA256", "ContentType": "application/gzip", "Metadata": {"sha256": self.sha256},
                "ExpectedBucketOwner": aws.account,
            },
        )  # fmt: skip

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        self.create(aws, emit)

    def _check(self, aws: Aws) -> None:
        """Hold what arrived against what was meant; what differs is removed."""
        sent = self.describe(aws)
        changed = sha256_of(self.path) != self.sha256
        if sent and sent["checksum"] == self._checksum() and not changed:
            return
        aws.client("s3").delete_object(Bucket=self.names.bucket, Key=self.key)
        why = (
            "The file changed while it was being uploaded, so that what arrived is not what was planned."
            if changed
            else "What arrived has another checksum than the file."
        )
        raise self._unusable(why)

    def _unusable(self, why: str) -> SentimentError:
        return SentimentError(
            f"Cannot use the upload of {self.path.name}.",
            why,
            "Run `sentiment-cli deploy` again; nothing serves it yet.",
            code="artifact-changed",
        )

    def _checksum(self) -> str:
        """What S3 answers for this content: the SHA-256, or for parts that of theirs, with their number.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
        """
        if self.path.stat().st_size < PART:
            return base64.b64encode(bytes.fromhex(self.sha256)).decode()
        with self.path.open("rb") as file:
            parts = [hashlib.sha256(part).digest() for part in iter(lambda: file.read(PART), b"")]
        whole = hashlib.sha256(b"".join(parts)).digest()
        return f"{base64.b64encode(whole).decode()}-{len(parts)}"


class _Tally:
    """Adds up what boto3's threads have sent."""

    def __init__(self, total: int, emit: Emit) -> None:
        self._sent, self._total, self._emit = 0, total, emit
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self._sent += count
            self._emit(Progress("Uploaded", self._sent, self._total, "bytes"))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
