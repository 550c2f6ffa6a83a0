"""`status`: what there is of a stage, how it does, and what it has cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag

if TYPE_CHECKING:
    from sentiment_cli.commands.place import Place
    from sentiment_cli.deployment.status import Status
    from sentiment_cli.resources import Existing


@command
def status(
    run: Run,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
) -> None:
    """Show every resource of a stage, which version serves, how it does, and what it costs.

    Examples:

      sentiment-cli status

      sentiment-cli status --stage prod --json
    """
    from sentiment_cli.commands.place import enter, where
    from sentiment_cli.deployment.status import look

    place = enter(run, stage, sandbox, where(region, profile), hosting=False)
    found = look(place.aws, place.names)
    _show(run, place, found)
    run.terminal.result(found.as_dict())


def _show(run: Run, place: Place, found: Status) -> None:
    from sentiment_cli.terminal.console import card, table

    if not found.resources:
        run.terminal.say(f"There is nothing of {found.names.prefix} on AWS.")
        run.terminal.next_steps((place.command("deploy"), "put the model behind a live API"))
        return
    run.terminal.show(card(f"{found.names.prefix} in {found.names.region}", _rows(found)))
    run.terminal.show(table(("resource", "name", "state", "age"), [_row(each) for each in found.resources]))


def _row(each: Existing) -> tuple[str, str, str, str]:
    from datetime import UTC, datetime

    from sentiment_cli.terminal.progress import age

    return each.kind, each.name, each.state, age((datetime.now(UTC) - each.since).total_seconds()) if each.since else ""


def _rows(found: Status) -> list[tuple[str, str]]:
    from sentiment_cli.deployment.planner import price
    from sentiment_cli.resources.expiry import told

    rows = [("endpoint", "none"), ("version", "none")]
    if found.endpoint:
        about = found.endpoint
        rows = [
            ("endpoint", f"{about['name']}, {about['status']}, {about['hardware']}, since {about['created']}"),
            ("version", f"{found.version}, model {about['model']}"),
            *([("reason", str(about["reason"]))] if about["reason"] else []),
        ]
    rows.append(("URL", found.api["url"] if found.api else "none"))
    if found.metrics:
        latency = found.metrics["latency_ms"]
        rows.append((
            "24 hours",
            f"{found.metrics['invocations']:.0f} invocations, {found.metrics['errors_4xx']:.0f} refused, "
            f"{found.metrics['errors_5xx']:.0f} failed" + (f", {latency:.1f} ms each" if latency else ""),
        ))  # fmt: skip
    if found.expires:
        rows.append(told(found.expires))
    cost = found.cost
    return [*rows, ("price", price(cost) + (f"; about ${found.spent:.2f} so far" if found.spent is not None else ""))]
