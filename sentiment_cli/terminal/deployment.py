"""Plans and inventories as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from sentiment_cli.terminal.console import table
from sentiment_cli.terminal.fitting import longest_word
from sentiment_cli.terminal.progress import brief

if TYPE_CHECKING:
    from sentiment_cli.deployment.planner import Change, Plan
    from sentiment_cli.resources import Existing

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "replace": ("±", "red"), "keep": ("=", "dim"),
         "delete": ("-", "red")}  # fmt: skip

WHY = 20  # columns that leave a reason readable


def plan_table(plan: Plan, *, sandbox: bool) -> RenderableType:
    """A row a resource, then the price."""
    rows = [_cells(change) for change in plan.changes]
    why = max(WHY, *(longest_word(row[-1]) for row in rows), 0)  # a name in a reason is not broken either
    changes = table(("", "resource", "name", "why"), rows, folds={3: why}, heading=2)
    return Group(changes, Text(""), Text(_price(plan, sandbox=sandbox)))


def _cells(change: Change) -> list[Text]:
    sign, style = SIGNS[change.action]
    dim = "dim" if change.action == "keep" else ""
    return [
        Text(f"{sign} {change.action}", style=style),
        Text(change.kind, style=dim),
        Text(brief(change.name), style=dim),
        Text(change.reason, style="dim"),
    ]


def _price(plan: Plan, *, sandbox: bool) -> str:
    from sentiment_cli.deployment import planner

    cost = plan.cost
    price, free = "Price", ""
    if sandbox:
        price, free = "Price on AWS", " The sandbox bills nothing."
    before = f" Until now: {planner.price(planner.cost_of(plan.before))}." if plan.before else ""
    if cost.hourly:
        return f"{price}: {planner.price(cost)} for as long as it exists ({cost.source}).{before}{free}"
    return f"{price}: {cost.source}.{before}{free}"


def inventory_table(found: Sequence[Existing], *, sandbox: bool) -> RenderableType:
    """What will be deleted."""
    bills = "  would bill on AWS" if sandbox else "  bills"
    rows = [(Text("- delete", style="red"), each.kind, each.name + (bills if each.bills else "")) for each in found]
    return table(("", "resource", "name"), rows, heading=2)
