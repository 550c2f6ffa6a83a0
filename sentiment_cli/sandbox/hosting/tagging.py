"""Tags on everything that hosting keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.hosting import lists
from sentiment_cli.sandbox.hosting.records import Record, Store, invalid, tags

MOST = 50


class Tagging:
    """The operations on tags."""

    def __init__(self, store: Store[Any]) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        return {"AddTags": self._add, "ListTags": self._list, "DeleteTags": self._delete}

    def _add(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            record, new = self._find(call), tags(call.params)
            if len({**record.tags, **new}) > MOST:
                raise invalid(f"The number of tags on {record.arn} would exceed {MOST}.")
            record.tags.update(new)
            return {"Tags": _shown(record)}

    def _list(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            shown = _shown(self._find(call))
        return lists.page("Tags", shown, {"MaxResults": MOST, **call.params})

    def _delete(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            record = self._find(call)
            for key in call.params["TagKeys"]:
                record.tags.pop(key, None)
        return {}

    def _find(self, call: Call) -> Record:
        arn = call.params["ResourceArn"]
        resource, _, name = arn.split(":", 5)[-1].partition("/")
        for shelf in self._store.of(call).shelves():
            if shelf.arn(name) == arn.lower() and resource:
                found: Record = shelf.find(name)
                return found
        raise invalid(f'Could not find resource "{arn}".')


def _shown(record: Record) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in record.tags.items()]
