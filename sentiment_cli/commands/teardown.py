"""`teardown`: everything of a stage, gone, and looked for again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag, end_of_sandbox

if TYPE_CHECKING:
    from sentiment_cli.commands.place import Place
    from sentiment_cli.deployment.teardown import TornDown
    from sentiment_cli.resources import Existing

REHEARSED = " (on AWS it would bill until it is gone)"


@command
def teardown(
    run: Run,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
    keep_data: Annotated[bool, typer.Option("--keep-data", help="Keep the bucket with the artifacts.")] = False,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="NAME", help="The project's name, to confirm without a terminal.")
    ] = None,
) -> None:
    """Delete everything of a stage from AWS, then look again and fail if anything remains.

    What bills goes first. Works also when the files of this machine are lost, after half a
    deployment, and twice.

    Examples:

      sentiment-cli teardown

      sentiment-cli teardown --stage prod --yes --confirm my-tweets --json
    """
    from sentiment_cli.commands.place import enter, where
    from sentiment_cli.deployment import lock
    from sentiment_cli.deployment import teardown as tearing
    from sentiment_cli.deployment.deploying import Target, journal_of
    from sentiment_cli.resources.api import forget
    from sentiment_cli.terminal.deployment import inventory_table

    if sandbox and _no_sandbox(run):
        return
    place = enter(run, stage, sandbox, where(region, profile), hosting=False)
    target = Target(place.project, place.project_dir, place.home, stage)
    run.until_its_end(lock.held(place.home, stage, "teardown", otherwise=run.terminal.emit))
    journal = journal_of(place.aws, target, run.terminal.emit)
    found = tearing.inventory(place.aws, place.names, keep_data=keep_data)
    if found:
        run.terminal.talk(inventory_table(found, sandbox=place.sandbox))
        _confirm(run, place, found, confirm)
    bills = REHEARSED if place.sandbox else tearing.BILLS
    done = tearing.apply(place.aws, place.names, found, journal, run.terminal.emit, keep_data=keep_data, bills=bills)
    with suppress(OSError):  # a full or read-only disk: what it remembers is gone from AWS
        forget(place.project_dir, stage)
    _show(run, place, done)


def _no_sandbox(run: Run) -> bool:
    """Whether no sandbox runs, which leaves nothing to delete."""
    from sentiment_cli import sandbox
    from sentiment_cli.deployment.teardown import TornDown
    from sentiment_cli.project import load

    load(run.project_dir)  # elsewhere than in a project it means little that there is no sandbox
    if sandbox.find(run.project_dir) is not None:
        return False
    run.terminal.say("No sandbox runs for this project, so nothing is deployed in it.", style="green")
    run.terminal.result(TornDown((), ()).as_dict())
    return True


def _confirm(run: Run, place: Place, found: list[Existing], name: str | None) -> None:
    from sentiment_cli.errors import InputError

    if name is not None and name != place.project.name:
        raise InputError(
            f"--confirm {name} is not this project.", f"The project here is {place.project.name}.",
            "Nothing was deleted. Name the project whose stage is to go.", code="not-confirmed",
        )  # fmt: skip
    if run.prompter is None and not (run.yes and name):
        raise InputError(
            f"A confirmation is missing: delete {_these(found)} for good?",
            "Nobody can be asked: there is no terminal, or --no-input was given.",
            f"Pass --yes --confirm {place.project.name}.",
            code="missing-input",
        )
    run.confirm(f"Delete {_these(found)} of {place.names.prefix} for good?", default=False)


def _show(run: Run, place: Place, done: TornDown) -> None:
    from sentiment_cli.errors import PartlyDone

    if done.remaining:
        left = PartlyDone(
            f"{_things(done.remaining)} of {place.names.prefix} remain{'s' if len(done.remaining) == 1 else ''}.",
            "\n".join(done.remaining),
            f"Run `{place.command('teardown')}` again; what will not go can be deleted in the AWS console.",
            code="remains",
        )
        left.data = dict(done.as_dict())
        raise left
    run.terminal.result(done.as_dict())
    deleted = f"{_things(done.deleted)} deleted. " if done.deleted else ""
    run.terminal.say(deleted + _what_is_left(place, done), style="green")
    if place.sandbox:
        run.terminal.next_steps(end_of_sandbox(run, too=True))


def _things(found: Sequence[object]) -> str:
    return f"{len(found)} thing{'' if len(found) == 1 else 's'}"


def _these(found: Sequence[object]) -> str:
    return "this one thing" if len(found) == 1 else f"these {len(found)} things"


def _what_is_left(place: Place, done: TornDown) -> str:
    if not done.kept:
        return f"There is nothing of {place.names.prefix} on AWS."
    kept = f"Kept: {', '.join(done.kept)}. Nothing else of {place.names.prefix} is on AWS."
    return f"{kept} `{place.command('teardown')}` without --keep-data removes it too."
