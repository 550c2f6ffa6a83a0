"""Everything of a stage, found by name and removed in the order that AWS allows, what bills first; then a second look.

Needs no record: names are made of project and stage. Meeting what is gone already is no error, so it can be run twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment.state import Journal
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, Note, StepDone, StepStarted
from sentiment_cli.resources import (
    Existing,
    api,
    bucket,
    endpoint,
    endpoint_config,
    execution_role,
    log_group,
    model,
    repository,
    tagged,
)
from sentiment_cli.resources.names import Names

Find = Callable[[Aws, Names], list[Existing]]

# The endpoint goes first, for it bills, and before the role and the configuration, which AWS needs to delete it.
ORDER: tuple[Find, ...] = (
    endpoint.existing,
    api.existing,
    endpoint_config.existing,
    model.existing,
    log_group.existing,
    repository.existing,
    bucket.existing,
    execution_role.existing,
)


@dataclass(frozen=True)
class TornDown:
    """What was removed, and what is still there after a second look, as "kind name"."""

    deleted: tuple[str, ...]
    remaining: tuple[str, ...]

    def as_dict(self) -> dict[str, list[str]]:
        """The result of `teardown --json`."""
        return {"deleted": list(self.deleted), "remaining": list(self.remaining)}


def inventory(aws: Aws, names: Names, *, keep_data: bool = False) -> list[Existing]:
    """What there is of a stage by name, in the order of its removal."""
    found: list[Existing] = []
    for find in ORDER:
        if keep_data and find is bucket.existing:
            continue
        with translated(f"look for what there is of {names.prefix}"):
            found += find(aws, names)
    return found


def apply(
    aws: Aws, names: Names, found: list[Existing], journal: Journal, emit: Emit, *, keep_data: bool = False
) -> TornDown:
    """Remove what was `found`, then look again by name and by tag, and remove what shows up.

    Raises SentimentError where AWS refuses, Interrupted when the user wants to leave; what is gone stays gone.
    """
    deleted = _remove(found, journal, emit)
    late = _look_again(aws, names, emit, keep_data=keep_data)
    deleted += _remove(late, journal, emit)
    remaining = _look_again(aws, names, emit, keep_data=keep_data) if late else []
    if not remaining and not keep_data:
        journal.forget()
    return TornDown(tuple(deleted), tuple(map(_words, remaining)))


def _remove(found: Sequence[Existing], journal: Journal, emit: Emit) -> list[str]:
    for number, each in enumerate(found, 1):
        title = f"Delete {each.kind}"
        emit(StepStarted(number, len(found), title))
        began = time.monotonic()
        journal.note(each.kind, each.name, "deleting")
        with translated(f"delete the {each.kind} {each.name}"):
            each.delete(emit)
        journal.note(each.kind, each.name, "deleted")
        emit(StepDone(title, time.monotonic() - began, each.name))
    return list(map(_words, found))


def _look_again(aws: Aws, names: Names, emit: Emit, *, keep_data: bool) -> list[Existing]:
    found = inventory(aws, names, keep_data=keep_data)
    try:
        with translated("look for what carries the stage's tags"):
            by_tag = tagged.existing(aws, names)
    except SentimentError as error:  # by name everything was looked for already
        emit(Note(f"{error.what} {error.why}", "warning"))
        return found
    kept = {names.bucket} if keep_data else set()
    known = {(each.kind, each.name) for each in found}
    return found + [each for each in by_tag if (each.kind, each.name) not in known and each.name not in kept]


def _words(each: Existing) -> str:
    return f"{each.kind} {each.name}"
