"""Where on AWS a command works: its flags, the values settled, the way in; a sandbox where that was asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sentiment_cli.commands.common import Run
from sentiment_cli.commands.hints import place_flags, what_flags

if TYPE_CHECKING:
    from datetime import datetime

    from sentiment_cli.clients.session import Aws
    from sentiment_cli.deployment.deploying import Target
    from sentiment_cli.project import Project
    from sentiment_cli.questions import Answer, Answers, Question
    from sentiment_cli.resources.names import Names
    from sentiment_cli.sandbox import Sandbox

PLACE = "Where on AWS"
REHEARSED = "On AWS the endpoint would bill ${:.3f} an hour; the sandbox bills nothing."
RESERVED = ("local", "sandbox")  # folders of .sentiment that are no stages

StageFlag = Annotated[
    str, typer.Option("-s", "--stage", metavar="NAME", help="One of several deployments.", rich_help_panel=PLACE)
]
RegionFlag = Annotated[str | None, typer.Option("--region", help="AWS region.", rich_help_panel=PLACE)]
ProfileFlag = Annotated[
    str | None, typer.Option("--profile", help="AWS profile whose credentials are used.", rich_help_panel=PLACE)
]
SandboxFlag = Annotated[
    bool,
    typer.Option("--sandbox", help="Rehearse it on an AWS of this machine: nothing is paid.", rich_help_panel=PLACE),
]


@dataclass(frozen=True)
class Place:
    """A stage of a project, and a way into the account it is in."""

    project: Project
    project_dir: Path
    home: Path
    """The folder of what this machine remembers of its stages."""
    stage: str
    aws: Aws
    engine: str
    """What runs containers: "docker", or "process" in a sandbox without a Docker engine."""
    sandbox: bool
    flags: str = ""
    """What to type after another command to mean this place."""
    what: str = ""
    """What to type after `plan` and `deploy` to mean what was said of the deployment."""
    unfiled: bool = False
    """Whether sentiment.toml says something else of it."""

    @property
    def names(self) -> Names:
        from sentiment_cli.resources.names import Names

        return Names(self.project.name, self.stage, self.aws.account, self.aws.region)

    def target(self, *, with_api: bool = True, expires: datetime | Literal["never"] | None = None) -> Target:
        """What is deployed here."""
        from sentiment_cli.deployment.deploying import Target

        target = Target(self.project, self.project_dir, self.home, self.stage, with_api, self.engine, expires)
        return replace(target, bill=REHEARSED) if self.sandbox else target

    def command(self, words: str) -> str:
        """How to type another command for this place."""
        return f"sentiment-cli {words}{self.flags}{self.what if words.startswith(('plan', 'deploy')) else ''}"


def enter(run: Run, stage: str, sandbox: bool, flags: Mapping[str, tuple[str, Any]], *, hosting: bool) -> Place:
    """Settle the values that decide the place (with `hosting`, also what is deployed there), keep the answers in
    sentiment.toml, and find out whose credentials these are. Nothing on AWS is changed.

    Raises InputError with everything that is missing or wrong, CredentialsError, Refused if the stage is in another
    account or region, and for a sandbox what it raises.
    """
    from sentiment_cli import project as projects
    from sentiment_cli.clients.session import connect
    from sentiment_cli.deployment import state
    from sentiment_cli.deployment.preflight import same_place

    filed = projects.load(run.project_dir)
    check_stage(stage)
    box = use_sandbox(run, start=hosting) if sandbox else None
    answers = _settled(run, flags, hosting=hosting, region=box.region if box else None)
    _keep(run, answers)
    project = _with(filed, answers)
    aws = connect(project.aws.region or "", None if box else project.aws.profile)
    home = home_of(run, sandbox)
    same_place(state.load(home, stage, run.terminal.emit), aws)
    given = {name: flags[name][1] for name in ("region", "profile") if name in flags}
    said = run.folder + place_flags(stage, **given, sandbox=sandbox)
    engine = box.engine if box else "docker"
    what = what_flags({name: value for name, (_, value) in flags.items()})
    unfiled = bool(what) and any(_of(project, key) != _of(filed, key) for key, _ in flags.values())
    return Place(project, run.project_dir, home, stage, aws, engine, sandbox, said, what, unfiled)


def _of(project: Project, dotted: str) -> Any:
    section, key = dotted.split(".")
    return getattr(getattr(project, section), key)


def where(region: str | None, profile: str | None) -> dict[str, tuple[str, Any]]:
    """Parameter name -> (key in sentiment.toml, value) of the flags that decide the place."""
    return {"region": ("aws.region", region), "profile": ("aws.profile", profile)}


def use_sandbox(run: Run, *, start: bool = True) -> Sandbox:
    """The project's sandbox, to which everything that speaks to AWS speaks from here on.

    Raises InputError if none runs and none may be started.
    """
    from sentiment_cli import sandbox

    runs = sandbox.find(run.project_dir) is not None
    box = sandbox.up(run.project_dir, run.terminal.emit) if start else _running(run)
    if not runs:
        run.terminal.say(f"The project's sandbox was started; it runs until `{run.command('sandbox down')}`.")
    _use(box.environment())
    return box


def region_in(run: Run, box: Sandbox) -> str:
    """The region that commands with --sandbox work in where no --region is given; the sandbox's own also outside of a
    project."""
    from contextlib import suppress

    from sentiment_cli import project
    from sentiment_cli.errors import SentimentError

    said = os.environ.get("SENTIMENT_REGION")
    with suppress(SentimentError):
        said = said or project.load(run.project_dir).aws.region
    return said or box.region


def end_of_sandbox(run: Run, *, too: bool = False) -> tuple[str, str]:
    """The next step that ends the sandbox, where it is not needed any more; `too` behind something else that ended."""
    return run.command("sandbox down"), f"end the sandbox{' too' if too else ''}, which runs until then"


def tell_kept_api(run: Run, place: Place) -> None:
    """Say of an API that was deployed before that it is public still, where a plan is made without one."""
    from sentiment_cli.deployment.deploying import public_still

    url = public_still(place.aws, place.names)
    if url:
        run.terminal.say(
            f"The API of an earlier deployment stays, and answers at {url}: --no-api makes none, and takes none away. "
            f"`{place.command('teardown')}` removes it with the rest.", "yellow",
        )  # fmt: skip


def home_of(run: Run, sandbox: bool) -> Path:
    """The folder of what this machine remembers of its stages; nothing is started or asked for it."""
    from sentiment_cli.deployment.state import FOLDER

    return run.project_dir / FOLDER / "sandbox" / "stages" if sandbox else run.project_dir / FOLDER


def _running(run: Run) -> Sandbox:
    """The sandbox, for what looks for something in it: a new one would be empty."""
    from sentiment_cli import sandbox
    from sentiment_cli.errors import InputError

    found = sandbox.find(run.project_dir)
    if found is None:
        raise InputError(
            "No sandbox runs for this project, so nothing is deployed in it.",
            "It ends with `sentiment-cli sandbox down` and with this machine, and everything in it with it.",
            "Run `sentiment-cli deploy --sandbox`.", code="no-sandbox",
        )  # fmt: skip
    return found


def check_stage(stage: str) -> None:
    """Raises InputError for what cannot be the name of a stage."""
    from sentiment_cli.errors import InputError
    from sentiment_cli.resources.names import STAGE_MAX, STAGE_PATTERN

    if re.match(STAGE_PATTERN, stage) and len(stage) <= STAGE_MAX and stage not in RESERVED:
        return
    raise InputError(
        f"{stage!r} cannot be the name of a stage.",
        f"Lower-case letters and digits, starting with a letter, at most {STAGE_MAX} characters; not "
        f"{' or '.join(RESERVED)}.",
        "Choose another --stage, such as dev, test or prod.",
        code="bad-stage",
    )


def _use(environment: Mapping[str, str]) -> None:
    """From here on, everything that speaks to AWS speaks to the sandbox: boto3, Chalice, and what they start."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(environment)


def _settled(run: Run, flags: Mapping[str, tuple[str, Any]], *, hosting: bool, region: str | None) -> Answers:
    from sentiment_cli.new_project import existing
    from sentiment_cli.questions import Answer, settle
    from sentiment_cli.wizard import AWS_QUESTIONS

    questions = [each for each in AWS_QUESTIONS if hosting or each.key.startswith("aws.")]
    known = {key: Answer(value, "sentiment.toml") for key, value in existing(run.project_dir).values.items()}
    if region is not None:
        known.pop("aws.profile", None)
        questions = [_in_sandbox(each, region) for each in questions if each.key != "aws.profile"]
    return settle(questions, _consistent(known, run.given(flags)), {}, run.prompter, revisit=False)


def _in_sandbox(question: Question, region: str) -> Question:
    """A sandbox has a region of its own for whoever does not say one."""
    if question.key != "aws.region":
        return question
    return replace(question, default=lambda answers: region, default_source="the sandbox")


def _consistent(filed: Mapping[str, Answer], said: Mapping[str, Answer]) -> dict[str, Answer]:
    """What is known, without what the file says about another kind of endpoint than the one that is wanted."""
    known = {**filed, **said}
    kind = known["endpoint.kind"].value if "endpoint.kind" in known else "realtime"
    other = ("endpoint.memory_mb",) if kind == "realtime" else ("endpoint.instance_type", "endpoint.instance_count")
    return {key: each for key, each in known.items() if key not in other or key in said}


def _keep(run: Run, answers: Answers) -> None:
    """Write what a person answered, or accepted, into sentiment.toml, before anything is asked of AWS."""
    from sentiment_cli import project as projects
    from sentiment_cli.wizard import AWS_QUESTIONS

    told = ("flag", "environment", "sentiment.toml")
    put = {question.key for question in AWS_QUESTIONS if question.text}
    said = {key: each.value for key, each in answers.items()
            if key in put and each.source not in told and each.value is not None}  # fmt: skip
    if said and run.prompter is not None:
        path = run.project_dir / projects.FILE_NAME
        projects.save(run.project_dir, projects.edit(path.read_text(encoding="utf-8-sig"), said))


def _with(project: Project, answers: Answers) -> Project:
    from sentiment_cli import project as projects

    values = projects.plain(project)
    for dotted, answer in answers.items():
        section, key = dotted.split(".")
        if answer.value is not None:
            values.setdefault(section, {})[key] = answer.value
    return projects.parse(values)
