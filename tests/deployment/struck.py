"""A stage whose commands are run under trouble: what came of it, and that the next command puts it right."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from sentiment_cli.clients.patience import Patience
from sentiment_cli.clients.session import connect
from sentiment_cli.deployment import deploying, lock, teardown
from sentiment_cli.deployment.deploying import Target
from sentiment_cli.errors import CredentialsError, SentimentError
from sentiment_cli.events import Emit, Event, Note, ignore
from sentiment_cli.project import ARTIFACT
from sentiment_cli.resources import endpoint
from tests.deployment.driver import END
from tests.deployment.matrix import Stage, operations
from tests.deployment.troubles import ENDLESS, HASTY, VERBS, Cell, Place, Trouble

GOES_ON = "goes on"
WARNED = "goes on, warned"


@dataclass
class Struck:
    """`models` has an artifact for each command that deploys."""

    stage: Stage
    models: Path
    asked: dict[Place, int] = field(default_factory=dict)
    """How many requests come before the one that is meant."""
    turns: int = 0
    now: Sequence[Cell] = ()
    """What is being tried."""

    def look_around(self) -> None:
        """Find the places, in a run that nothing troubles."""
        for verb in VERBS:
            before = self.stage.seen
            assert self.act(verb) is None
            asked = self.stage.asked(before)
            self._holds(verb)
            for name, most in dict(operations(asked, changes=False)).items():
                self.asked[Place(verb, name)] = 0
                if most > 2:  # else it comes right behind the first, and all their troubles together are too much
                    self.asked[Place(verb, name, last=True)] = most

    def turn(self, cells: Sequence[Cell]) -> dict[Cell, str]:
        """Deploy, update and tear down once, with the trouble of the cells; what came of it.

        What passes is met all at once. What lasts is met one by one, as long as the command that it ends has changed
        nothing and can be begun again; so these may not all have their turn.
        """
        found: dict[Cell, str] = {}
        for verb in VERBS:
            meant, changed = [each for each in cells if each[0].verb == verb], False
            while meant and not changed:
                together = meant if not meant[0][1].lasts else meant[:1]
                outcomes, changed = self.strike(verb, together)
                found |= outcomes
                meant = meant[len(together) :]
            if not changed:
                self.well(verb)
        return found

    def strike(self, verb: str, cells: Sequence[Cell]) -> tuple[dict[Cell, str], bool]:
        """One command under trouble, then what puts it right if it changed anything, which is told too; again for those
        that were not met on the way."""
        self.now = cells
        self._arrange(cells)
        told: list[Event] = []
        before = self.stage.seen
        error = self.act(verb, told.append, cells[0][1].patience)
        met = self._met(cells)
        self.stage.box.clear_faults()
        if error is not None:
            _is_well_told(error, cells[0][1])
            if not any(each["mutating"] for each in self.stage.asked(before)):
                return dict.fromkeys(met, _outcome(error, told)), False
        self._put_right(verb, error)
        found = dict.fromkeys(met, _outcome(error, told))
        missed = [each for each in cells if each not in met]
        if missed:
            self._begin_again(verb, missed)
            found |= self.strike(verb, missed)[0]
        return found, True

    def act(self, verb: str, told: Emit = ignore, patience: Patience = HASTY) -> SentimentError | None:
        """Run a command; how it failed."""
        try:
            self._tear_down(told, patience) if verb == "teardown" else self._deploy(verb, told, patience)
        except SentimentError as error:
            return error
        return None

    def well(self, verb: str) -> None:
        """Run a command that has to succeed, and leave what it should."""
        error = self.act(verb)
        assert error is None, f"{verb}: {error.as_dict()}"
        self._holds(verb)

    def serving(self) -> str:
        """The configuration that the endpoint serves; empty without an endpoint."""
        aws, target = connect("eu-west-1"), self.stage.target
        found = endpoint.describe(aws, target.names(aws).endpoint) or {}
        return str(found.get("EndpointConfigName", ""))

    def _arrange(self, cells: Sequence[Cell]) -> None:
        for place, trouble in sorted(cells, key=lambda each: each[0].last):
            skip = self.asked[place] if place.last else 0
            self.stage.box.add_fault(
                trouble.kind, place.operation, times=trouble.times, seconds=trouble.seconds, skip=skip
            )

    def _met(self, cells: Sequence[Cell]) -> list[Cell]:
        """Those of which no request is still waited for; of two at one operation the first is met first."""
        waited = [each["on"] for each in self.stage.box.faults() if each["times"] in (ENDLESS, 1, 2)]
        met = []
        for cell in sorted(cells, key=lambda each: not each[0].last):
            if cell[0].operation in waited:
                waited.remove(cell[0].operation)
            else:
                met.append(cell)
        return met

    def _put_right(self, verb: str, error: SentimentError | None) -> None:
        """After a failure by the same command, or by a teardown after which it begins from nothing, in turns."""
        self.turns += error is not None
        if error is not None and self.turns % 2:
            self.well("update" if verb == "teardown" else "teardown")
        if error is not None:
            self.well(verb)
        self._holds(verb)

    def _begin_again(self, verb: str, missed: Sequence[Cell]) -> None:
        """Where waiting took fewer looks than before, the last one is an earlier one."""
        for place, _ in missed:
            assert self.asked[place] > 0, f"{place} of {verb} is not asked"
            self.asked[place] -= 1
        self.well("teardown")
        for each in VERBS[: VERBS.index(verb)]:
            self.well(each)

    def _holds(self, verb: str) -> None:
        if verb == "teardown":
            assert self.stage.left() == {}
            return
        assert deploying.make_plan(connect("eu-west-1"), self._target(verb)).todo == []

    def _target(self, verb: str) -> Target:
        """An update moves the end of the endpoint, too."""
        target = self.stage.target
        return replace(target, expires=END + timedelta(days=1)) if verb == "update" else target

    def _deploy(self, verb: str, told: Emit, patience: Patience) -> None:
        target = self._target(verb)
        shutil.copy(self.models / f"{verb}.tar.gz", target.project_dir / ARTIFACT)
        with lock.held(target.home, target.stage, "deploy"):
            aws = connect("eu-west-1", patience=patience)
            journal, plan = deploying.journal_of(aws, target, told), deploying.make_plan(aws, target)
            deploying.check(aws, target, plan, told)
            assert deploying.deploy(aws, target, plan, journal, told).verified

    def _tear_down(self, told: Emit, patience: Patience) -> None:
        target = self.stage.target
        with lock.held(target.home, target.stage, "teardown"):
            aws = connect("eu-west-1", patience=patience)
            names, journal = target.names(aws), deploying.journal_of(aws, target, told)
            gone = teardown.apply(aws, names, teardown.inventory(aws, names), journal, told)
        assert gone.remaining == ()


def _outcome(error: SentimentError | None, told: Sequence[Event]) -> str:
    if error is not None:
        return f"exit {error.exit_code}"
    warned = any(isinstance(each, Note) and each.level == "warning" for each in told)
    return WARNED if warned else GOES_ON


def _is_well_told(error: SentimentError, trouble: Trouble) -> None:
    said: Mapping[str, str] = error.as_dict()
    assert trouble.lasts, f"{trouble.title} should pass: {said}"
    assert all(said.values()), said
    assert re.match(trouble.codes, error.code), said
    assert said["what"].endswith("."), said
    assert said["fix"].endswith("."), said
    assert (trouble.kind == "expired") == (error.exit_code == CredentialsError.exit_code), said
