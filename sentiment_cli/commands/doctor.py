"""`doctor`: what stands in the way, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag

if TYPE_CHECKING:
    from sentiment_cli.doctor import Finding

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red"), "skipped": ("-", "dim")}


@command
def doctor(run: Run, region: RegionFlag = None, profile: ProfileFlag = None, sandbox: SandboxFlag = False) -> None:
    """Check this machine and the AWS account, and say how to mend what is wrong. Changes nothing.

    Ends with exit code 5 if something would stop a deployment.

    Examples:

      sentiment-cli doctor

      sentiment-cli doctor --region eu-west-1 --json
    """
    from sentiment_cli.errors import Refused

    found = []
    for each in _findings(run, region, profile, sandbox):
        found.append(each)
        _show(run, each)
    run_result = {"checks": [each.as_dict() for each in found]}
    wrong = [each for each in found if each.status == "problem"]
    if not wrong:
        run.terminal.result(run_result)
        return
    what = f"{len(wrong)} of {len(found)} checks found a problem: {', '.join(each.name for each in wrong)}."
    why, fix = " ".join(each.what for each in wrong), " ".join(each.fix for each in wrong)
    if not run.terminal.as_json:
        why, fix = "", "What to do stands behind each of them."
    refused = Refused(what, why, fix, code="doctor")
    refused.data = run_result
    raise refused


def _findings(run: Run, region: str | None, profile: str | None, sandbox: bool) -> Iterator[Finding]:
    from sentiment_cli import project as projects
    from sentiment_cli.clients.aws import configured_region
    from sentiment_cli.commands.place import use_sandbox
    from sentiment_cli.doctor import examine_account, examine_machine
    from sentiment_cli.errors import SentimentError

    yield from examine_machine(run.project_dir)
    try:
        project, _ = projects.load_or_default(run.project_dir)
    except SentimentError:  # told already
        return
    profile = profile or project.aws.profile
    if sandbox:
        box = use_sandbox(run)
        region, profile = region or project.aws.region or box.region, None
    yield from examine_account(project, region or project.aws.region or configured_region(profile), profile)


def _show(run: Run, each: Finding) -> None:
    sign, style = SIGNS[each.status]
    run.terminal.line(f"{sign} {each.name:12} {each.what}", style=style if each.status != "ok" else "")
    if each.fix:
        run.terminal.line(f"{'':15}→ {each.fix}")
