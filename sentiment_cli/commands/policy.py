"""`policy`: what whoever deploys a stage must be allowed to do, and what its two roles are."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.hosting_flags import ApiAuthFlag
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag

if TYPE_CHECKING:
    from sentiment_cli.clients.session import Aws
    from sentiment_cli.project import Project
    from sentiment_cli.resources.names import Names


class Holder(StrEnum):
    """Who is to have the policy."""

    deployer = "deployer"
    execution_role = "execution-role"
    api_role = "api-role"


@command
def policy(
    run: Run,
    holder: Annotated[Holder, typer.Option("--for", help="Whose policy.")] = Holder.deployer,
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="The account, 12 digits: AWS is then not asked for it.")
    ] = None,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
    api_auth: ApiAuthFlag = None,
) -> None:
    """Print the IAM policy that a deployment of this project needs, and not more. Changes nothing.

    Give it the --api-auth that `deploy` gets: who deploys an API for signed requests asks it too.

    A policy longer than IAM takes is printed as several, one a line, which are needed together. The two roles get
    theirs by `deploy`; they are printed for whoever wants to see them first.

    Examples:

      sentiment-cli policy > policy.json

      sentiment-cli policy --account 123456789012 --region eu-west-1 --stage prod

      sentiment-cli policy --api-auth iam

      sentiment-cli policy --for execution-role
    """
    from sentiment_cli import project as projects
    from sentiment_cli.resources.names import Names

    project = projects.load(run.project_dir)
    aws = _account(run, project, stage, sandbox, account, region, profile)
    names = Names(project.name, stage, aws.account, aws.region)
    auth = api_auth.value if api_auth else project.api.auth
    _print(run, _documents(run, auth, names, aws, holder))


def _account(
    run: Run, project: Project, stage: str, sandbox: bool, account: str | None, region: str | None, profile: str | None
) -> Aws:
    from sentiment_cli.clients.aws import configured_region
    from sentiment_cli.clients.session import connect, unasked
    from sentiment_cli.commands.place import check_stage, use_sandbox
    from sentiment_cli.errors import CredentialsError, InputError

    check_stage(stage)
    box = use_sandbox(run, start=False) if sandbox else None
    where = region or project.aws.region or (box.region if box else configured_region(profile or project.aws.profile))
    if where is None:
        raise InputError("A region is missing.", "Every ARN names it.", "Pass --region.", code="missing-input")
    if account is None:
        try:
            return connect(where, None if box else profile or project.aws.profile)
        except CredentialsError as error:
            error.fix = "Pass --account (12 digits): AWS is then not asked. Or give it credentials: `aws configure`."
            raise
    if not re.fullmatch(r"\d{12}", account):
        raise InputError(f"{account!r} is no account.", "It has 12 digits.", "Correct --account.", code="bad-account")
    return unasked(account, where)


def _documents(run: Run, auth: str, names: Names, aws: Aws, holder: Holder) -> list[dict[str, Any]]:
    from sentiment_cli import policy as policies
    from sentiment_cli.resources import execution_role
    from sentiment_cli.resources.api.project import ChaliceProject

    if holder is Holder.execution_role:
        return [execution_role.policy(aws, names)]
    if holder is Holder.api_role:
        api = ChaliceProject(run.project_dir / "api", names, auth, names.endpoint, aws.partition)
        return [api.permissions()]
    return policies.deployer(names, aws.partition, signed=auth == "iam")


def _print(run: Run, documents: list[dict[str, Any]]) -> None:
    import json

    if run.terminal.as_json:
        run.terminal.result({"policies": documents})
        return
    for each in documents:
        typer.echo(json.dumps(each, indent=2 if len(documents) == 1 else None))
    if len(documents) > 1:
        run.terminal.say(f"These are {len(documents)} policies, one a line: IAM takes none as long. Attach them all.")
