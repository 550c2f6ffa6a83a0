"""Plans and inventories as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from sentiment_cli.terminal.progress import brief

if TYPE_CHECKING:
    from sentiment_cli.deployment.planner import Change, Plan
    from sentiment_cli.resources import Existing

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "replace": ("±", "red"), "keep": ("=", "dim"),
         "delete": ("-", "red")}  # fmt: skip

WIDE = 90  # columns, enough for an action, a kind, most names and a short reason


def plan_table(plan: Plan, *, sandbox: bool) -> RenderableType:
    """A row a resource, then the price."""
    return Group(_Changes(plan.changes), Text(""), Text(_price(plan, sandbox=sandbox)))


@dataclass(frozen=True)
class _Changes:
    """In columns where they fit, else what belongs to a resource in lines under it."""

    changes: Sequence[Change]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._wide() if options.max_width >= WIDE else self._narrow()

    def _wide(self) -> Table:
        table = _table("", "resource", "name", "why")
        for change in self.changes:
            table.add_row(*_cells(change))
        return table

    def _narrow(self) -> Table:
        table = _table("", "resource")
        for change in self.changes:
            action, *rest = _cells(change)
            table.add_row(action, Text("\n").join(rest))
        return table


def _cells(change: Change) -> list[Text]:
    sign, style = SIGNS[change.action]
    dim = "dim" if change.action == "keep" else ""
    return [
        Text(f"{sign} {change.action}", style=style),
        Text(change.kind, style=dim),
        Text(brief(change.name), style=dim),
        Text(change.reason, style="dim"),
    ]


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _price(plan: Plan, *, sandbox: bool) -> str:
    cost = plan.cost
    price, free = "Price", ""
    if sandbox:
        price, free = "Price on AWS", " The sandbox bills nothing."
    if cost.hourly:
        each = f"${cost.hourly:.3f} an hour, ${cost.monthly:.0f} a month for as long as it exists"
        return f"{price}: {each} ({cost.source}).{free}"
    return f"{price}: {cost.source}.{free}"


def inventory_table(found: Sequence[Existing]) -> RenderableType:
    """What will be deleted."""
    table = _table("", "resource", "name")
    for each in found:
        table.add_row(
            Text("- delete", style="red"), Text(each.kind), Text(each.name + ("  bills" if each.bills else ""))
        )
    return table
