"""What every List operation has in common: filters, order and pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sentiment_cli.sandbox.hosting.records import Record, invalid

PAGE = 10  # SageMaker's own default
R = TypeVar("R", bound=Record)


def select(records: Iterable[R], params: Mapping[str, Any]) -> list[R]:
    """The records that pass the filters of a List request, in the order it asks for."""
    part = params.get("NameContains", "").lower()
    found = [each for each in records if part in each.name.lower() and _in_time(each, params)]
    if status := params.get("StatusEquals"):
        found = [each for each in found if getattr(each, "status", None) == status]
    order: dict[str, Callable[[R], Any]] = {
        "Name": lambda record: record.name,
        "CreationTime": lambda record: record.created,
        "Status": lambda record: getattr(record, "status", ""),
    }
    descending = params.get("SortOrder", "Descending") == "Descending"
    return sorted(found, key=order[params.get("SortBy", "CreationTime")], reverse=descending)


def page(key: str, found: list[Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """One page of `found` under `key`, and the token of the next if there is one."""
    start = _offset(params.get("NextToken"))
    end = start + params.get("MaxResults", PAGE)
    more = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(found) else {}
    return {key: found[start:end], **more}


def _offset(token: str | None) -> int:
    try:
        return int(base64.b64decode(token or b"MA==", validate=True))
    except ValueError:
        raise invalid("The pagination token is invalid.") from None


def _utc(given: datetime | None) -> datetime | None:
    """Times in requests are in UTC, said or not."""
    return given.replace(tzinfo=UTC) if given is not None and given.tzinfo is None else given


def _in_time(record: Record, params: Mapping[str, Any]) -> bool:
    for name, at in (("CreationTime", record.created), ("LastModifiedTime", getattr(record, "modified", None))):
        after, before = _utc(params.get(f"{name}After")), _utc(params.get(f"{name}Before"))
        if at and ((after and at <= after) or (before and at >= before)):
            return False
    return True
