"""Whose bucket it is: S3 keeps the others out, unless its policy allows something, which moto does not."""

from __future__ import annotations

import json
from typing import Any

from moto.s3.models import s3_backends

from sentiment_cli.sandbox.calls import Call, Fault


def check(call: Call) -> None:
    """Raises the Fault that S3 answers with when the bucket of a call is another account's.

    What exactly a policy allows is not looked at: one that allows anything opens the bucket.
    """
    name = str(call.params.get("Bucket", ""))
    partition, owner = s3_backends.bucket_accounts.get(name, ("", ""))
    if not owner or owner == call.account or call.operation == "CreateBucket":
        return
    bucket = s3_backends[owner][partition].buckets.get(name)
    if bucket is not None and not _allows(bucket.policy):
        raise Fault("AccessDenied", "Access Denied", 403)


def _allows(policy: Any) -> bool:
    statements = json.loads(policy).get("Statement", []) if policy else []
    statements = statements if isinstance(statements, list) else [statements]
    return any(each.get("Effect") == "Allow" for each in statements)
