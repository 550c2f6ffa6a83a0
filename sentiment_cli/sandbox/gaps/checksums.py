"""Mends what moto answers to HeadObject for what was uploaded in parts: a checksum without the number of parts.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Mend moto, once for this process."""
    from moto.s3.responses import S3Response

    answer = S3Response.head_object
    if getattr(answer, "mended", False):
        return

    def head_object(self: Any, bucket_name: str, query: Any, key_name: str, headers: Any) -> Any:
        status, found, body = answer(self, bucket_name, query, key_name, headers)
        version = query.get("versionId", [None])[0]
        key = self.backend.head_object(bucket_name, key_name, version_id=version) if status == 200 else None
        if key is not None and key.checksum_type == "COMPOSITE":
            name = f"x-amz-checksum-{key.checksum_algorithm.lower()}"
            if name in found:
                found |= {name: f"{found[name]}-{key.checksum_parts}", "x-amz-checksum-type": "COMPOSITE"}
        return status, found, body

    head_object.mended = True  # type: ignore[attr-defined]
    S3Response.head_object = head_object  # type: ignore[method-assign]
