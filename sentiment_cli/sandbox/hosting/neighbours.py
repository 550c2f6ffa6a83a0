"""What hosting needs of the other services of the sandbox, which moto plays: objects, logs and metrics."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sentiment_cli.sandbox.hosting.records import Region

_writing = Lock()


def split_s3(url: str) -> tuple[str, str]:
    """Bucket and key of "s3://bucket/key"."""
    parts = urlsplit(url)
    return parts.netloc, parts.path.lstrip("/")


def is_here(region: Region[Any], bucket: str) -> bool:
    """Whether a bucket is in this region, or nowhere."""
    found = _buckets(region).buckets.get(bucket)
    return found is None or found.region_name == region.name


def s3_object(region: Region[Any], url: str) -> bytes | None:
    """Content of an object; None if there is none in a bucket of this region."""
    from moto.s3.exceptions import MissingBucket

    bucket, key = split_s3(url)
    try:
        found = _buckets(region).get_object(bucket, key)
    except MissingBucket:
        return None
    return bytes(found.value) if found is not None and is_here(region, bucket) else None


def _buckets(region: Region[Any]) -> Any:
    from moto.s3.models import s3_backends

    return s3_backends[region.account][region.partition]


def log_is_there(region: Region[Any], group: str, stream: str) -> tuple[bool, bool]:
    """Whether a log group exists, and a stream of it."""
    from moto.logs.models import logs_backends

    found = logs_backends[region.account][region.name].groups.get(group)
    return found is not None, found is not None and stream in found.streams


def write_log(region: Region[Any], group: str, stream: str, line: str) -> None:
    """One line for CloudWatch Logs; group and stream are made where they are missing."""
    from moto.logs.exceptions import ResourceNotFoundException
    from moto.logs.models import logs_backends

    backend = logs_backends[region.account][region.name]
    with _writing:
        if group not in backend.groups:
            backend.create_log_group(group, {})
        # Somebody may delete the group at this very moment.
        with suppress(ResourceNotFoundException):
            backend.ensure_log_stream(group, stream)
            backend.put_log_events(group, stream, [{"timestamp": int(time() * 1000), "message": line}])


def write_metrics(region: Region[Any], namespace: str, values: list[dict[str, Any]]) -> None:
    """Values for CloudWatch, shaped as PutMetricData has them."""
    from moto.cloudwatch.models import cloudwatch_backends

    with _writing:
        cloudwatch_backends[region.account][region.name].put_metric_data(namespace, values)
