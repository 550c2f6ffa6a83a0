"""What an account made in a region: models, endpoint configurations and endpoints, by name, with AWS's refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Generic, TypeVar

from sentiment_cli.sandbox.calls import Call, Fault


def invalid(message: str) -> Fault:
    """The one code that SageMaker has for nearly everything."""
    return Fault("ValidationException", message)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Record:
    """Something with a name, as it was asked for."""

    name: str
    arn: str
    request: Mapping[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=now)


R = TypeVar("R", bound=Record)


class Shelf(Generic[R]):
    """The records of one kind, in one account and region."""

    def __init__(self, kind: str, prefix: str, arn: str) -> None:
        self.kind = kind
        """As AWS's errors say it: "endpoint configuration"."""
        self._prefix = arn + prefix
        self._records: dict[str, R] = {}

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._records.values()))

    def arn(self, name: str) -> str:
        """SageMaker writes names in small letters there."""
        return f"{self._prefix}/{name.lower()}"

    def find(self, name: str) -> R:
        found = self._records.get(name.lower())
        if found is None:
            raise invalid(f'Could not find {self.kind} "{self.arn(name)}".')
        return found

    def refuse_existing(self, name: str) -> None:
        if name.lower() in self._records:
            raise invalid(f'Cannot create already existing {self.kind} "{self.arn(name)}".')

    def add(self, record: R) -> None:
        self.refuse_existing(record.name)
        self._records[record.name.lower()] = record

    def remove(self, name: str) -> R:
        found = self.find(name)
        del self._records[name.lower()]
        return found


class Region(Generic[R]):
    """Everything hosted by one account in one region. `R` is what an endpoint is."""

    def __init__(self, account: str, name: str) -> None:
        from moto.utilities.utils import get_partition

        self.account = account
        self.name = name
        self.partition = get_partition(name)
        arn = f"arn:{self.partition}:sagemaker:{name}:{account}:"
        self.models: Shelf[Record] = Shelf("model", "model", arn)
        self.configs: Shelf[Record] = Shelf("endpoint configuration", "endpoint-config", arn)
        self.endpoints: Shelf[R] = Shelf("endpoint", "endpoint", arn)

    def shelves(self) -> tuple[Shelf[Any], ...]:
        return self.models, self.configs, self.endpoints


class Store(Generic[R]):
    """All regions of all accounts. Whoever reads or changes a record holds `lock`, and never while waiting."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._regions: dict[tuple[str, str], Region[R]] = {}

    def __iter__(self) -> Iterator[Region[R]]:
        return iter(list(self._regions.values()))

    def of(self, call: Call) -> Region[R]:
        """Where a call belongs."""
        with self.lock:
            key = (call.account, call.region)
            if key not in self._regions:
                self._regions[key] = Region(*key)
            return self._regions[key]


def tags(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a request brings."""
    return {each["Key"]: each["Value"] for each in params.get("Tags") or ()}
