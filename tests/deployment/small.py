"""Resources that exist in a dictionary, for testing what is done with any resource."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sentiment_cli.clients.session import Aws
from sentiment_cli.resources import Decision


@dataclass
class World:
    """What "exists", and what was done to it in which order."""

    there: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        with self.lock:
            self.done.append(what)


@dataclass(frozen=True)
class Small:
    """A resource with a value; `acts` is called while it is made."""

    kind: str
    world: World
    value: int = 1
    acts: Callable[[], None] = lambda: None
    usual: ClassVar[str] = ""

    @property
    def name(self) -> str:
        return f"the-{self.kind}"

    def describe(self, aws: Aws) -> Any | None:
        return self.world.there.get(self.kind)

    def compare(self, found: Any) -> Decision:
        if found == "broken":
            return Decision("replace", "it is broken")
        return Decision("keep", "same value") if found == self.value else Decision("update", "another value")

    def create(self, aws: Aws, emit: Any) -> None:
        self.world.note(f"begin {self.kind}")
        self.acts()
        self.world.there[self.kind] = self.value
        self.world.note(f"made {self.kind}")

    def update(self, aws: Aws, found: Any, emit: Any) -> None:
        if self.compare(found).action == "replace":
            del self.world.there[self.kind]
            self.world.note(f"removed {self.kind}")
            self.create(aws, emit)
            return
        self.world.there[self.kind] = self.value
        self.world.note(f"updated {self.kind} from {found}")


def somewhere() -> Aws:
    """An account that nothing is asked of."""
    return Aws("123456789012", "eu-west-1", "aws", "arn:aws:iam::123456789012:user/ana", session=None)


def takes(seconds: float) -> Callable[[], None]:
    return lambda: time.sleep(seconds)
