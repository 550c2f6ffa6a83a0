"""`rollback`: back to the version before, or to a named one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag

if TYPE_CHECKING:
    from sentiment_cli.commands.place import Place
    from sentiment_cli.deployment.versions import Version


@command
def rollback(
    run: Run,
    version: Annotated[
        str | None,
        typer.Argument(metavar="VERSION", help="Its name, or how it begins.", show_default="the one before"),
    ] = None,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
) -> None:
    """Let the endpoint serve an earlier version again, without a gap, and check its answers.

    The last three versions are kept. The API and its address stay as they are.

    Examples:

      sentiment-cli rollback

      sentiment-cli rollback 37ee144a53 --stage prod --yes
    """
    from sentiment_cli.commands.place import enter, where
    from sentiment_cli.deployment import lock, versions
    from sentiment_cli.deployment.deploying import Target, journal_of
    from sentiment_cli.deployment.planner import cost_of
    from sentiment_cli.terminal.console import table

    place = enter(run, stage, sandbox, where(region, profile), hosting=False)
    target = Target(place.project, place.project_dir, place.home, stage)
    run.until_its_end(lock.held(place.home, stage, "rollback"))
    journal = journal_of(place.aws, target, run.terminal.emit)
    kept = versions.kept(place.aws, place.names)
    chosen = versions.chosen(kept, version, journal.state.served, place.command("rollback"))
    run.terminal.talk(table(("", "version", "made", "runs on", "price"), [_row(each, chosen) for each in kept]))
    if chosen.serves:
        run.terminal.say(f"{chosen.version} serves already.")
    else:
        run.confirm(_question(place, kept, chosen), default=True)
        versions.go_back(place.aws, place.names, chosen, journal, run.terminal.emit)
        run.terminal.say(f"{place.names.endpoint} serves {chosen.version}.", style="green")
    run.terminal.result({
        "stage": stage, "endpoint": place.names.endpoint, "version": chosen.version,
        "before": next((each.version for each in kept if each.serves), None),
        "hardware": chosen.config and chosen.config.hardware,
        "cost": cost_of(chosen.config).as_dict() if chosen.config else None,
    })  # fmt: skip


def _row(each: Version, chosen: Version) -> tuple[str, ...]:
    from sentiment_cli.deployment.planner import cost_of, price

    mark = "*" if each.serves else ">" if each == chosen else ""
    made = f"{each.since:%Y-%m-%d %H:%M}" if each.since else ""
    config = each.config
    return mark, each.version, made, config.hardware if config else "", price(cost_of(config)) if config else ""


def _question(place: Place, kept: Sequence[Version], chosen: Version) -> str:
    """With the price, where going back changes it."""
    from sentiment_cli.deployment.planner import cost_of, price

    question = f"Let {place.names.endpoint} serve {chosen.version} again?"
    now = next((each.config for each in kept if each.serves), None)
    if chosen.config is None or now is None or chosen.config.hardware == now.hardware:
        return question
    cost = cost_of(chosen.config)
    bills = f"bills {price(cost)}" if cost.hourly else f"is {cost.source}"
    free = "; the sandbox bills nothing" if place.sandbox else ""
    return f"{question} It runs on {chosen.config.hardware} and {bills}{free}. Until now: {price(cost_of(now))}."
