"""The contract of a resource: one thing on AWS with a name that is known before it exists.

Each module here owns one kind of resource, whole: a frozen dataclass whose fields are its typed inputs, with
`describe`, `compare`, `create` and `update`; and the functions `delete` and `existing`, which need names only, so that
a teardown works when nothing but the project's and the stage's name is left. They raise botocore's errors as they come
(whoever runs a step translates them, with the step's name in the sentence) or a SentimentError where they know better.
A resource decides nothing about order, confirmation or state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol

from sentiment_cli.clients.session import Aws
from sentiment_cli.events import Emit

Action = Literal["create", "update", "replace", "keep", "delete"]


@dataclass(frozen=True)
class Decision:
    """What has to be done to a resource, and why in a few words ("same content", "other instance type")."""

    action: Action
    reason: str


class Resource(Protocol):
    """A resource as it should be."""

    kind: ClassVar[str]
    """What it is, in the words of the plan: "execution role", "endpoint"."""

    usual: ClassVar[str]
    """How long creating it tends to take ("4 to 8 min"); empty for what is quick."""

    @property
    def name(self) -> str:
        """Its name on AWS."""

    def describe(self, aws: Aws) -> Any | None:
        """What AWS has under the name now, as its API says it; None if there is nothing. Changes nothing."""

    def compare(self, found: Any) -> Decision:
        """Hold what `describe` found against what should be. "keep" states why it may stay."""

    def create(self, aws: Aws, emit: Emit) -> None:
        """Make it, and wait until it can be used. Meeting what an earlier, broken-off attempt made is no error."""

    def update(self, aws: Aws, found: Any, emit: Emit) -> None:
        """Change what is there into what should be, and wait until it can be used; what `compare` wants replaced is
        deleted first, or written over."""


@dataclass(frozen=True)
class Existing:
    """Something on AWS that belongs to a stage. `delete` removes it and waits until it is gone; gone is no error."""

    kind: str
    name: str
    delete: Callable[[Emit], None]
    bills: bool = False
    """Whether it costs money for as long as it exists."""
    state: str = "exists"
    """AWS's word for how it is ("InService", "Active"), where AWS has one."""
    since: datetime | None = None
    """When it was made, with its time zone; of a Lambda function when it was changed last, for AWS keeps no more.
    None where AWS does not say: of a bucket (but in a list of all of the account's) and of a usage plan."""
    removable: bool = True
    """Whether `delete` can be called: what is known by its tags alone is for its maker to remove."""


@dataclass(frozen=True)
class Unwanted:
    """Something that exists and shall not; a resource of a plan, whose "update" removes it."""

    there: Existing
    reason: str
    usual: ClassVar[str] = ""

    @property
    def kind(self) -> str:
        return self.there.kind

    @property
    def name(self) -> str:
        return self.there.name

    def describe(self, aws: Aws) -> Existing:
        return self.there

    def compare(self, found: Existing) -> Decision:
        return Decision("delete", self.reason)

    def create(self, aws: Aws, emit: Emit) -> None:
        raise AssertionError("what is unwanted is not made")

    def update(self, aws: Aws, found: Existing, emit: Emit) -> None:
        found.delete(emit)
