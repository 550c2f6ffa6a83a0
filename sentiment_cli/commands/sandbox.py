"""`sandbox`: the embedded AWS of a project, started, looked at and ended."""

from __future__ import annotations

import shlex
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.place import end_of_sandbox, region_in

if TYPE_CHECKING:
    from sentiment_cli.sandbox import Sandbox

HELP = "An AWS on this machine: no account, no cost, and nothing leaves the loopback address."


class Engine(StrEnum):
    auto = "auto"
    docker = "docker"
    process = "process"


class Kind(StrEnum):
    throttle = "throttle"
    error = "error"
    unavailable = "unavailable"
    denied = "denied"
    expired = "expired"
    skewed = "skewed"
    slow = "slow"
    drop = "drop"
    lost = "lost"
    quota = "quota"
    slow_start = "slow-start"
    no_capacity = "no-capacity"
    unhealthy = "unhealthy"


@command
def up(
    run: Run,
    engine: Annotated[
        Engine,
        typer.Option(help="What runs the models; auto takes Docker if it answers, else plain processes."),
    ] = Engine.auto,
) -> None:
    """Start the project's sandbox in the background, if it does not run yet.

    Everything in it lasts until `sandbox down`. `deploy --sandbox` starts it when it is needed.

    Examples:

      sentiment-cli sandbox up

      eval "$(sentiment-cli sandbox up)" && aws s3 ls
    """
    from sentiment_cli import sandbox

    before = sandbox.find(run.project_dir)
    found = sandbox.up(run.project_dir, run.terminal.emit, engine=engine.value)
    run.terminal.say(f"The sandbox {'runs already' if before else 'is up'} at {found.url}; it uses {_engine(found)}.")
    for line in _exports(run, found):
        run.terminal.line(line, keys=True)
    run.terminal.next_steps((run.command("deploy") + " --sandbox", "deploy into it"), end_of_sandbox(run))
    run.terminal.result({**_as_dict(run, found), "already_running": before is not None})


@command
def status(run: Run) -> None:
    """Show whether the project's sandbox runs, and what is in it; --json has what other AWS clients need.

    Examples:

      sentiment-cli sandbox status

      sentiment-cli sandbox status --json
    """
    from sentiment_cli import sandbox

    found = sandbox.find(run.project_dir)
    if found is None:
        sandbox.clean(run.project_dir)
        run.terminal.say(f"No sandbox runs for this project. `{run.command('sandbox up')}` starts one.")
        run.terminal.result({"running": False})
        return
    about = found.about()
    _show(run, found, about)
    run.terminal.result({"running": True, **_as_dict(run, found), **about})


@command
def down(run: Run) -> None:
    """End the project's sandbox and everything in it, also what a crash of it has left.

    Examples:

      sentiment-cli sandbox down

      sentiment-cli sandbox down --json
    """
    from sentiment_cli import sandbox

    ended = sandbox.down(run.project_dir)
    run.terminal.say("The sandbox is gone, with everything in it." if ended else "No sandbox runs for this project.")
    run.terminal.result({"ended": ended})


@command
def faults(
    run: Run,
    kind: Annotated[
        Kind | None,
        typer.Argument(
            metavar="KIND",
            help="throttle, error, unavailable, denied, expired, skewed, quota, slow, drop (breaks the connection) or "
            "lost (does the work, then breaks it); of an endpoint's servers slow-start, no-capacity or unhealthy.",
        ),
    ] = None,
    on: Annotated[str, typer.Argument(metavar="OPERATION", help="As sagemaker:CreateEndpoint; * is any.")] = "*",
    times: Annotated[int, typer.Option(min=0, help="How often; 0 is always.")] = 1,
    seconds: Annotated[float, typer.Option(min=0, max=600, help="To wait before it; slow needs it.")] = 0.0,
    clear: Annotated[bool, typer.Option("--clear", help="No more trouble.")] = False,
) -> None:
    """Let requests to the sandbox fail, to see what happens then; without an argument show what is still to come.

    Examples:

      sentiment-cli sandbox faults throttle sagemaker:CreateEndpoint --times 2

      sentiment-cli sandbox faults lost "ecr:*"

      sentiment-cli sandbox faults unhealthy sagemaker:UpdateEndpoint

      sentiment-cli sandbox faults slow --seconds 5 --times 0

      sentiment-cli sandbox faults --clear
    """
    from sentiment_cli.sandbox.operations import check, check_kind

    check(on)
    if kind is not None:
        check_kind(kind.value, on, seconds)
    found = _running(run)
    if clear:
        found.clear_faults()
    if kind is not None:
        found.add_fault(kind.value, on, times=times, seconds=seconds)
    rules = found.faults()
    for each in rules:
        count = f"{each['times']} more" if each["times"] else "always"
        wait = f", after {each['seconds']:g} s" if each["seconds"] else ""
        run.terminal.line(f"{each['kind']} on {each['on']}: {count}{wait}")
    if not rules:
        run.terminal.say("Requests meet no trouble.")
    run.terminal.result({"faults": rules})


COMMANDS = {"up": up, "status": status, "down": down, "faults": faults}


def _running(run: Run) -> Sandbox:
    from sentiment_cli import sandbox
    from sentiment_cli.errors import InputError

    found = sandbox.find(run.project_dir)
    if found is None:
        what = "No sandbox runs for this project."
        raise InputError(what, "", "Start it with `sentiment-cli sandbox up`.", code="no-sandbox")
    return found


def _show(run: Run, found: Sandbox, about: dict[str, Any]) -> None:
    from sentiment_cli.terminal.console import card

    rows = [
        ("address", found.url),
        ("engine", _engine(found)),
        ("account", found.account),
        ("region", region_in(run, found)),
        ("up for", _age(found)),
        ("requests", _counts(about["requests"])),
        ("exist", _counts(about["resources"])),
        ("access log", str(found.access_log)),
    ]
    run.terminal.show(card("The sandbox", rows))
    use = f'eval "$({run.command("sandbox up")})"'
    run.terminal.next_steps((use, "let all AWS clients of this shell use it"), end_of_sandbox(run))


def _engine(found: Sandbox) -> str:
    return "Docker" if found.engine == "docker" else "plain processes"


def _exports(run: Run, found: Sandbox) -> list[str]:
    """What a shell needs for any AWS client to talk to the sandbox."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in _environment(run, found).items()]
    return [*lines, "unset AWS_PROFILE AWS_SESSION_TOKEN"]


def _environment(run: Run, found: Sandbox) -> dict[str, str]:
    return {**found.environment(), "AWS_DEFAULT_REGION": region_in(run, found)}


def _as_dict(run: Run, found: Sandbox) -> dict[str, Any]:
    return {
        "url": found.url,
        "id": found.id,
        "pid": found.pid,
        "engine": found.engine,
        "account": found.account,
        "region": region_in(run, found),
        "uptime_seconds": round(time.time() - found.started),
        "access_log": str(found.access_log),
        "environment": _environment(run, found),
    }


def _age(found: Sandbox) -> str:
    minutes, seconds = divmod(max(0, round(time.time() - found.started)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items())) or "none"
