"""`init`: ask a few questions, write the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.hosting_flags import ApiAuth, EndpointKind

if TYPE_CHECKING:
    from sentiment_cli.new_project import Draft
    from sentiment_cli.questions import Answers

PROJECT, AWS = "The project and its data", "What is deployed later (nothing is created now)"


@command
def init(
    run: Run,
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", file_okay=False, help="The folder to make; without it, this one.", show_default=False
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Project name; AWS resources are named after it.", show_default="the folder's", rich_help_panel=PROJECT
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|sample|sentiment140",
            help="Labelled rows: a file, the bundled sample, or the public Sentiment140 set.",
            rich_help_panel=PROJECT,
        ),
    ] = None,
    text_column: Annotated[
        str | None,
        typer.Option(help="Column with the texts.", rich_help_panel=PROJECT),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(help="Column with the labels.", rich_help_panel=PROJECT),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help='Label that means positive ("": none).', rich_help_panel=PROJECT),
    ] = None,
    negative: Annotated[
        str | None,
        typer.Option(help='Label that means negative ("": none).', rich_help_panel=PROJECT),
    ] = None,
    region: Annotated[str | None, typer.Option(help="AWS region.", rich_help_panel=AWS)] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="AWS profile whose credentials are used.", rich_help_panel=AWS),
    ] = None,
    endpoint: Annotated[
        EndpointKind | None,
        typer.Option(help="Always on, or by the request.", rich_help_panel=AWS),
    ] = None,
    instance_type: Annotated[
        str | None,
        typer.Option(help="SageMaker hosting type.", rich_help_panel=AWS),
    ] = None,
    instance_count: Annotated[int | None, typer.Option(help="Instances.", rich_help_panel=AWS)] = None,
    memory_mb: Annotated[
        int | None,
        typer.Option(help="Memory of a serverless endpoint.", rich_help_panel=AWS),
    ] = None,
    api_auth: Annotated[ApiAuth | None, typer.Option(help="Who may call the API.", rich_help_panel=AWS)] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.", rich_help_panel=PROJECT)] = False,
) -> None:
    """Ask a few questions and write a project: sentiment.toml, sample data, and the API's source.

    Nothing is created on AWS and nothing is paid. Enter all the way through makes a project that works.

    Without a terminal --data and --region must be given; everything else has a default.

    Examples:

      sentiment-cli init my-tweets

      sentiment-cli init --data reviews.csv --region eu-west-1

      sentiment-cli init demo --data sample --region us-east-1 --no-input
    """
    from sentiment_cli import new_project
    from sentiment_cli.questions import settle
    from sentiment_cli.wizard import init_questions

    target = run.project_dir / directory if directory else run.project_dir
    existing = new_project.existing(target)
    given = run.given({
        "name": ("name", name), "data": ("data.path", data), "text_column": ("data.text_column", text_column),
        "label_column": ("data.label_column", label_column), "positive": ("data.positive", positive),
        "negative": ("data.negative", negative), "region": ("aws.region", region),
        "profile": ("aws.profile", profile), "endpoint": ("endpoint.kind", endpoint),
        "instance_type": ("endpoint.instance_type", instance_type),
        "instance_count": ("endpoint.instance_count", instance_count),
        "memory_mb": ("endpoint.memory_mb", memory_mb), "api_auth": ("api.auth", api_auth),
    })  # fmt: skip
    answers = new_project.agreeing(settle(init_questions(target), given, existing.values, run.prompter))
    draft = new_project.draft(target, existing, answers, force=force)
    _show(run, draft, answers)
    if draft.is_empty:
        run.terminal.say("Up to date: nothing to write.")
    else:
        if draft.overwrites and not force:
            run.confirm(f"Change {', '.join(draft.overwrites)}?", default=True, flag="--force (or --yes)")
        elif run.prompter and not run.yes:
            run.confirm("Write these files?", default=True)
        new_project.write(draft)
    run.terminal.result({
        "project_dir": str(target.resolve()), "name": answers.value("name"),
        "written": [str(path) for path in draft.written], "kept": [str(path) for path in draft.kept],
        "values": {key: {"value": answer.value, "source": answer.source} for key, answer in answers.items()},
    })  # fmt: skip
    _suggest(run, target)


def _show(run: Run, draft: Draft, answers: Answers) -> None:
    from sentiment_cli.terminal.console import table

    rows = [(key, str(answer.value), answer.source) for key, answer in answers.items() if answer.value is not None]
    run.terminal.show(table(("setting", "value", "from"), rows))
    run.terminal.say("")
    for line in draft.overview:
        run.terminal.say(f"  {line}")
    if draft.note:
        run.terminal.say(draft.note)


def _suggest(run: Run, target: Path) -> None:
    import shlex

    steps = [("sentiment-cli train", "fit the model and see how good it is"),
             ("sentiment-cli serve-local", "try it in the browser")]  # fmt: skip
    if target.resolve() != Path.cwd():
        steps.insert(0, (f"cd {shlex.quote(str(target))}", ""))
    run.terminal.next_steps(*steps)
