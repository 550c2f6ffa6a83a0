"""`rollback`: back to the version before, or to a named one."""

from __future__ import annotations

from typing import Annotated

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag


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
    from sentiment_cli.terminal.console import table

    place = enter(run, stage, sandbox, where(region, profile), hosting=False)
    target = Target(place.project, place.project_dir, place.home, stage)
    run.until_its_end(lock.held(place.home, stage, "rollback"))
    journal = journal_of(place.aws, target, run.terminal.emit)
    kept = versions.kept(place.aws, place.names)
    chosen = versions.chosen(kept, version, journal.state.served, place.command("rollback"))
    rows = [("*" if each.serves else ">" if each == chosen else "", each.version, each.name) for each in kept]
    run.terminal.talk(table(("", "version", "configuration"), rows))
    if chosen.serves:
        run.terminal.say(f"{chosen.version} serves already.")
    else:
        run.confirm(f"Let {place.names.endpoint} serve {chosen.version} again?", default=True)
        versions.go_back(place.aws, place.names, chosen, journal, run.terminal.emit)
        run.terminal.say(f"{place.names.endpoint} serves {chosen.version}.", style="green")
    run.terminal.result({
        "stage": stage, "endpoint": place.names.endpoint, "version": chosen.version,
        "before": next((each.version for each in kept if each.serves), None),
    })  # fmt: skip
