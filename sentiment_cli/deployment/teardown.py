"""Everything of a stage, found by name and removed in the order that AWS allows, what bills first; then a second look.

Needs no record: names are made of project and stage. Meeting what is gone already is no error, so it can be run twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.session import AT_ONCE, Aws
from sentiment_cli.deployment.executor import leavable
from sentiment_cli.deployment.state import Journal
from sentiment_cli.errors import CredentialsError, Interrupted, PartlyDone, SentimentError
from sentiment_cli.events import Emit, Note, StepDone, StepStarted
from sentiment_cli.resources import (
    Existing,
    api,
    bucket,
    endpoint,
    endpoint_config,
    execution_role,
    expiry,
    expiry_role,
    log_group,
    model,
    repository,
    tagged,
)
from sentiment_cli.resources.names import Names

Find = Callable[[Aws, Names], list[Existing]]
BILLS = " (bills until it is gone)"

# The endpoint goes first, for it bills, and before the role and the configuration, which AWS needs to delete it.
ORDER: tuple[Find, ...] = (
    endpoint.existing,
    expiry.existing,
    expiry_role.existing,
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
    """What was removed, what is still there after a second look, and what was kept on purpose, as "kind name"."""

    deleted: tuple[str, ...]
    remaining: tuple[str, ...]
    kept: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        """The result of `teardown --json`."""
        return {"deleted": list(self.deleted), "remaining": list(self.remaining), "kept": list(self.kept)}


def inventory(aws: Aws, names: Names, *, keep_data: bool = False) -> list[Existing]:
    """What there is of a stage by name, in the order of its removal."""

    def look(find: Find) -> list[Existing]:
        with translated(f"look for what there is of {names.prefix}"):
            return find(aws, names)

    finds = [find for find in ORDER if not (keep_data and find is bucket.existing)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for found in pool.map(look, finds) for each in found]


def apply(
    aws: Aws,
    names: Names,
    found: list[Existing],
    journal: Journal,
    emit: Emit,
    *,
    keep_data: bool = False,
    bills: str = BILLS,
) -> TornDown:
    """Remove what was `found`, then look again by name and by tag, and remove what shows up. `bills` is said of what
    bills and is still there when it breaks off.

    Raises SentimentError where AWS refuses, Interrupted after Ctrl-C; what is gone stays gone.
    """
    deleted: list[Existing] = []
    record = _Record(journal, emit)

    def all_of_it() -> TornDown:
        _remove(aws, found, deleted, record, emit)
        remaining = _look_again(aws, names, emit, keep_data=keep_data)
        if late := [each for each in remaining if each.removable]:
            _remove(aws, late, deleted, record, emit)
            remaining = _look_again(aws, names, emit, keep_data=keep_data)
        if not remaining and not keep_data:
            record.forget()
        kept = _kept(aws, names) if keep_data else []
        return TornDown(*(tuple(map(_words, each)) for each in (deleted, remaining, kept)))

    try:
        return leavable(aws, all_of_it, emit)
    except Interrupted:
        raise _left(bills, [each for each in found if each not in deleted]) from None
    except SentimentError as error:
        raise _resumable(bills, error, [each for each in found if each not in deleted]) from error


class _Record:
    """The journal, as far as it can be written: no full disk may keep anybody from what stops the bill."""

    def __init__(self, journal: Journal, emit: Emit) -> None:
        self._journal, self._emit, self._lost = journal, emit, False

    def note(self, each: Existing, status: str) -> None:
        self._try(lambda: self._journal.note(each.kind, each.name, status))

    def forget(self) -> None:
        self._try(self._journal.forget)

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (OSError, SentimentError) as error:
            if not self._lost:
                why = f"{error.what} {error.why}" if isinstance(error, SentimentError) else f"{error}."
                self._emit(Note(f"{why} What is on AWS is deleted all the same.", "warning"))
            self._lost = True


def _remove(aws: Aws, found: Sequence[Existing], deleted: list[Existing], record: _Record, emit: Emit) -> None:
    for number, each in enumerate(found, 1):
        if aws.leaving.is_set():
            raise Interrupted("Left between two steps.", code="interrupted")
        title = f"Delete {each.kind}"
        emit(StepStarted(number, len(found), title))
        began = time.monotonic()
        record.note(each, "deleting")
        with translated(f"delete the {each.kind} {each.name}"):
            each.delete(emit)
        deleted.append(each)
        record.note(each, "deleted")
        emit(StepDone(title, time.monotonic() - began, each.name))


def _left(bills: str, remaining: Sequence[Existing]) -> Interrupted:
    return Interrupted(
        "Interrupted. What is deleted is gone.",
        _still(bills, remaining),
        "`sentiment-cli teardown` goes on where this stopped; `sentiment-cli deploy` puts everything back.",
        code="interrupted",
    )


def _resumable(bills: str, error: SentimentError, remaining: Sequence[Existing]) -> SentimentError:
    """`error`, with what is still there."""
    wrong = isinstance(error, CredentialsError)
    if not wrong and error.exit_code != 1:
        return error
    return (CredentialsError if wrong else PartlyDone)(
        error.what,
        f"{error.why}\n{_still(bills, remaining)}",
        f"{error.fix} `sentiment-cli teardown` goes on where this stopped.",
        code=error.code,
    )


def _still(bills: str, remaining: Sequence[Existing]) -> str:
    lines = "\n".join(f"  {_words(each)}{bills if each.bills else ''}" for each in remaining)
    cost = "" if any(each.bills for each in remaining) else "\nNothing of it bills by the hour."
    return f"There is still:\n{lines}{cost}" if remaining else "Nothing of what was found is left."


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


def _kept(aws: Aws, names: Names) -> list[Existing]:
    with translated(f"look for what is kept of {names.prefix}"):
        return bucket.existing(aws, names)


def _words(each: Existing) -> str:
    return f"{each.kind} {each.name}"
