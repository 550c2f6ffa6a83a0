"""`plan`: what `deploy` would do and cost."""

from __future__ import annotations

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


@command
def plan(
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
) -> None:
    """Show what deploy would create, change and keep, and what it would cost. Changes nothing.

    Examples:

      sentiment-cli plan

      sentiment-cli plan --instance-type ml.m5.large --json
    """
    from sentiment_cli.commands.hints import what_flags
    from sentiment_cli.commands.place import end_of_sandbox, enter, tell_kept_api, where
    from sentiment_cli.deployment.deploying import make_plan
    from sentiment_cli.terminal.deployment import plan_table

    until = expires(expires_in, sandbox=sandbox)
    flags = where(region, profile) | hosting(endpoint, instance_type, instance_count, memory_mb, api_auth)
    place = enter(run, stage, sandbox, flags, hosting=True)
    made = make_plan(place.aws, place.target(with_api=not no_api, expires=until))
    run.terminal.show(plan_table(made, sandbox=place.sandbox))
    if no_api:
        tell_kept_api(run, place)
    run.terminal.result(made.as_dict())
    if made.todo:
        end = [end_of_sandbox(run)] if place.sandbox else []
        again = place.command("deploy") + what_flags({"no_api": no_api, "expires_in": expires_in})
        run.terminal.next_steps((again, "do it"), *end)
