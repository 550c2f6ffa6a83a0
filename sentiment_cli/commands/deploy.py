"""`deploy`: plan, confirm, apply, verify, and the card with what matters afterwards."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.hosting_flags import (
    ApiAuthFlag,
    EndpointFlag,
    ExpiresInFlag,
    InstanceCountFlag,
    InstanceTypeFlag,
    MemoryFlag,
    NoApiFlag,
    expires,
    hosting,
)
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag

if TYPE_CHECKING:
    from datetime import datetime

    from sentiment_cli.commands.place import Place
    from sentiment_cli.deployment.deploying import Deployed
    from sentiment_cli.deployment.planner import Plan

HIDDEN = "$API_KEY"


@command
def deploy(
    run: Run,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
    endpoint: EndpointFlag = None,
    instance_type: InstanceTypeFlag = None,
    instance_count: InstanceCountFlag = None,
    memory_mb: MemoryFlag = None,
    api_auth: ApiAuthFlag = None,
    no_api: NoApiFlag = False,
    expires_in: ExpiresInFlag = None,
    skip_local_test: Annotated[
        bool, typer.Option("--skip-local-test", help="Do not try the image on this machine first.")
    ] = False,
    show_key: Annotated[
        bool, typer.Option("--show-key", help="Show the API key again, not only when it is new.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop, as `plan` does.")] = False,
) -> None:
    """Put the trained model behind a live REST API on AWS, and check that it answers as here.

    Shows what will be created and what it costs, and asks. Run again it changes only what is
    different. An always-on endpoint bills by the hour until `sentiment-cli teardown`, or until AWS deletes
    it by itself (--expires-in); with --sandbox everything is rehearsed on this machine for nothing.

    Examples:

      sentiment-cli deploy --sandbox

      sentiment-cli deploy --region eu-west-1 --instance-type ml.t2.medium

      sentiment-cli deploy --expires-in 8h

      sentiment-cli deploy --stage prod --yes --json
    """
    from sentiment_cli.commands.place import enter, tell_kept_api, where
    from sentiment_cli.deployment import deploying, leaving, lock
    from sentiment_cli.terminal.deployment import plan_table

    end = expires(expires_in, sandbox=sandbox)
    flags = where(region, profile) | hosting(endpoint, instance_type, instance_count, memory_mb, api_auth)
    place = enter(run, stage, sandbox, flags, hosting=True)
    target = place.target(with_api=not no_api, expires=end)
    _warn_of_missing_engine(run, place)
    if not dry_run:
        run.until_its_end(lock.held(place.home, stage, "deploy"))
    journal = deploying.journal_of(place.aws, target, run.terminal.emit)
    plan = deploying.make_plan(place.aws, target)
    if plan.todo or dry_run:
        run.terminal.talk(plan_table(plan, sandbox=place.sandbox))
    if no_api:
        tell_kept_api(run, place)
    if dry_run:
        run.terminal.result(plan.as_dict())
        return
    if plan.todo:
        with leaving.changing_nothing(plan, journal, target.bill):
            deploying.check(place.aws, target, plan, run.terminal.emit)
            _warn_of_open_api(run, place, plan)
            run.confirm(_question(place, plan, target.end), default=True)
            if not skip_local_test:
                deploying.try_locally(target, plan, run.terminal.emit)
    else:
        run.terminal.say("Up to date: there is nothing to change. Asking it whether it answers rightly.")
    done = deploying.deploy(place.aws, target, plan, journal, run.terminal.emit)
    _show(run, place, done, show_key=show_key)
    _warn_of_other_settings(run, place)
    run.terminal.result(done.as_dict())


def _warn_of_missing_engine(run: Run, place: Place) -> None:
    if place.engine == "process":
        run.terminal.say(
            "The sandbox has no Docker: it runs the endpoint as a process, and no image is built or pushed.",
            style="yellow",
        )


def _warn_of_open_api(run: Run, place: Place, plan: Plan) -> None:
    if place.project.api.auth == "none" and any(change.kind == "API" for change in plan.todo):
        run.terminal.say("The API will be open: anyone who finds its address can call it, at your cost.", "yellow")


def _warn_of_other_settings(run: Run, place: Place) -> None:
    if place.unfiled:
        run.terminal.say(
            f"`{place.what.strip()}` was said for this run. sentiment.toml says something else, and the next "
            "deployment follows it where this is not said again.",
            "yellow",
        )


def _question(place: Place, plan: Plan, end: datetime | None) -> str:
    from sentiment_cli.resources.expiry import written

    where = "in the sandbox" if place.sandbox else f"in {place.aws.region}, account {place.aws.account}"
    cost = plan.cost
    if place.sandbox or not any(change.kind == "endpoint" for change in plan.todo):
        return f"Make these changes {where}?"
    if cost.hourly:
        until = f"AWS deletes it ({written(end)})" if end else "you tear it down"
        return f"Make these changes {where}? It bills ${cost.hourly:.3f} an hour until {until}."
    return f"Make these changes {where}? {cost.source}."


def _show(run: Run, place: Place, done: Deployed, *, show_key: bool) -> None:
    from sentiment_cli.deployment.planner import price as in_words
    from sentiment_cli.resources.expiry import told
    from sentiment_cli.terminal.console import card

    rows, curl = [], ""
    if done.api:
        rows.append(("URL", done.api["url"]))
        key = _shown(run, done, show_key=show_key)
        curl = _curl(done.api["url"], done.api["auth"], key, place.aws.region)
        if key == HIDDEN:
            rows.append(("API key", "in the JSON" if run.terminal.as_json else place.command("deploy --show-key")))
    cost = done.plan.cost
    price = f"{in_words(cost)} ({cost.source})" if cost.hourly else cost.source
    rows += [
        ("endpoint", f"{done.endpoint['name']}, {done.endpoint['status']}, version {done.endpoint['version']}"),
        ("ask", place.command("invoke") + ' "Today was a great day!"'),
        ("logs", place.command("logs")),
        ("price", f"{price}; the sandbox bills nothing" if place.sandbox else price),
        *([told(done.expires)] if done.expires else []),
        ("stop paying", place.command("teardown")),
    ]
    run.terminal.show(card("The model is live", rows))
    if curl:
        if done.api and done.api["auth"] == "iam":
            _say_whose_keys(run, place)
        run.terminal.line(curl, keys=True)


def _say_whose_keys(run: Run, place: Place) -> None:
    """Before a curl that signs: where the keys come from; a shell seldom has them, and the sandbox's never yet."""
    if place.sandbox:
        run.terminal.say("The API takes signed requests only. The first line gives this shell the sandbox's keys:")
        run.terminal.line(f'eval "$({run.command("sandbox up")})"')
        return
    profile = f" --profile {shlex.quote(place.project.aws.profile)}" if place.project.aws.profile else ""
    run.terminal.say(
        "The curl signs with the shell's AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, "
        f"AWS_SESSION_TOKEN. `aws configure export-credentials --format env{profile}` prints them."
    )


def _shown(run: Run, done: Deployed, *, show_key: bool) -> str | None:
    """The API's key as a person sees it: once, when it is new, and when asked for; with --json it is in the object and
    nowhere else, for what goes to stderr ends in the logs of build servers."""
    api = done.api or {}
    new = any(step.change.kind == "API" and step.change.action == "create" for step in done.steps)
    return api["key"] if api["key"] is None or (not run.terminal.as_json and (new or show_key)) else HIDDEN


def _curl(url: str, auth: str, key: str | None, region: str) -> str:
    """A line for a shell. Keys of AWS stand in it as variables; curl leaves the token away where there is none."""
    body = '{"input": [{"text": "Today was a great day!"}]}'
    signed = (
        f'--aws-sigv4 "aws:amz:{region}:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
        '-H "x-amz-security-token: $AWS_SESSION_TOKEN" '
    )
    proof = {"api-key": f'-H "x-api-key: {key}" ', "iam": signed}.get(auth, "")
    return f"curl {url} {proof}-H 'Content-Type: application/json' -d '{body}'"
