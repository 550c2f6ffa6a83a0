"""Plans and inventories as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sentiment_cli.terminal.progress import brief

if TYPE_CHECKING:
    from sentiment_cli.deployment.planner import Plan
    from sentiment_cli.resources import Existing

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "replace": ("±", "red"), "keep": ("=", "dim"),
         "delete": ("-", "red")}  # fmt: skip


def plan_table(plan: Plan) -> RenderableType:
    """A row a resource, then the price."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "resource", "name", "why"):
        table.add_column(heading, overflow="fold")
    for change in plan.changes:
        sign, style = SIGNS[change.action]
        dim = "dim" if change.action == "keep" else ""
        action, name = Text(f"{sign} {change.action}", style=style), Text(brief(change.name), style=dim)
        table.add_row(action, Text(change.kind, style=dim), name, Text(change.reason, style="dim"))
    return Group(table, Text(""), Text(_price(plan)))


def _price(plan: Plan) -> str:
    cost = plan.cost
    if cost.hourly:
        return (
            f"Price: ${cost.hourly:.3f} an hour, ${cost.monthly:.0f} a month for as long as it exists ({cost.source})."
        )
    return f"Price: {cost.source}."


def inventory_table(found: Sequence[Existing]) -> RenderableType:
    """What will be deleted."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "resource", "name"):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(
            Text("- delete", style="red"), Text(each.kind), Text(each.name + ("  bills" if each.bills else ""))
        )
    return table
