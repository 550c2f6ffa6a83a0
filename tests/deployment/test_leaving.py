"""Who leaves is told what there is, once each, what it costs, and how to go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sentiment_cli.deployment import leaving
from sentiment_cli.deployment.planner import Change, Cost, Plan
from sentiment_cli.deployment.stack import Step
from sentiment_cli.deployment.state import Journal, State
from sentiment_cli.errors import Interrupted
from sentiment_cli.resources import Action
from sentiment_cli.resources.endpoint_config import EndpointConfig
from sentiment_cli.resources.names import Names

from .small import Small, World

BILL = "It bills ${:.3f} an hour."


def plan_of(*changes: tuple[str, Action, object], hourly: float | None = 0.056) -> Plan:
    """Of (kind, action, what AWS has)."""
    world = World()
    made = tuple(Change(Step(Small(kind, world)), action, "", found) for kind, action, found in changes)
    return Plan(None, made, Cost(hourly, None, ""))  # type: ignore[arg-type]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "dev" / "state.json", State("p", "dev", "123456789012", "eu-west-1"))


def test_what_there_is_is_named_once(journal: Journal) -> None:
    """The journal still has what an earlier run made."""
    for kind, status in (("role", "created"), ("model", "creating"), ("endpoint", "created"), ("gone", "deleted")):
        journal.note(kind, f"the-{kind}", status)
    plan = plan_of(("role", "keep", 1), ("bucket", "keep", 1), ("model", "create", None), ("endpoint", "update", 1),
                   ("api", "create", None))  # fmt: skip
    assert leaving.inventory(plan, journal, BILL, plan.cost).splitlines() == [
        "There is now:", "  role the-role (as it was)", "  bucket the-bucket (as it was)",
        "  endpoint the-endpoint (created)", "  model the-model (creating)", "It bills $0.056 an hour.",
    ]  # fmt: skip


def test_an_endpoint_that_is_to_be_changed_bills_also_where_the_journal_is_lost(journal: Journal) -> None:
    plan = plan_of(("endpoint", "update", 1))
    said = leaving.inventory(plan, journal, BILL, plan.cost)
    assert said == "There is now:\n  endpoint the-endpoint (as it was)\nIt bills $0.056 an hour."


@pytest.mark.parametrize(("kind", "hourly"), [("role", 0.056), ("endpoint", 0.0), ("endpoint", None)])
def test_without_a_machine_nothing_bills_by_the_hour(journal: Journal, kind: str, hourly: float | None) -> None:
    plan = plan_of((kind, "keep", 1), hourly=hourly)
    said = leaving.inventory(plan, journal, BILL, plan.cost)
    assert said.splitlines()[-1] == "Nothing of it bills by the hour."


def test_before_anything_was_changed_nothing_is_claimed_to_be_made(journal: Journal) -> None:
    with pytest.raises(Interrupted) as caught, leaving.changing_nothing(plan_of(("role", "create", None)), journal, ""):
        raise KeyboardInterrupt
    assert (caught.value.why, caught.value.exit_code) == ("Nothing was created.", 130)
    assert "deploy" in caught.value.fix
    assert "teardown" not in caught.value.fix


def test_before_a_change_what_there_was_is_told(journal: Journal) -> None:
    plan = plan_of(("role", "keep", 1), ("endpoint", "update", 1))
    with pytest.raises(Interrupted) as caught, leaving.changing_nothing(plan, journal, BILL):
        raise KeyboardInterrupt
    assert "endpoint the-endpoint (as it was)\nIt bills $0.056" in caught.value.why
    assert "teardown" in caught.value.fix


def test_before_a_change_the_price_is_that_of_what_runs(journal: Journal) -> None:
    before = EndpointConfig(Names("p", "dev", "123456789012", "eu-west-1"), "m", instance_type="ml.m5.xlarge")
    plan = replace(plan_of(("endpoint", "update", 1), hourly=0.0), before=before)
    with pytest.raises(Interrupted) as caught, leaving.changing_nothing(plan, journal, BILL):
        raise KeyboardInterrupt
    assert "It bills $0.230 an hour." in caught.value.why


def test_who_stays_is_told_nothing(journal: Journal) -> None:
    with pytest.raises(ValueError, match=r"^x$"), leaving.changing_nothing(plan_of(), journal, BILL):
        raise ValueError("x")
