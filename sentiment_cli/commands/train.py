"""`train`: check the rows, fit, measure, write the artifact and its report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command

if TYPE_CHECKING:
    from sentiment_cli.events import Emit
    from sentiment_cli.modelling import Outcome
    from sentiment_cli.questions import Answer

DATA, MODEL = "The labelled rows", "The model"


@command
def train(
    run: Run,
    data_argument: Annotated[
        str | None, typer.Argument(metavar="DATA", help="The same as --data.", show_default=False)
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|sample|sentiment140",
            help="Labelled rows, if not the project's.",
            rich_help_panel=DATA,
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            metavar="csv|tsv|jsonl|parquet|sentiment140",
            help="If looking at the file misleads.",
            rich_help_panel=DATA,
        ),
    ] = None,
    text_column: Annotated[
        str | None,
        typer.Option(help="Name or number.", rich_help_panel=DATA),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(help="Name or number.", rich_help_panel=DATA),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help='Label that means positive ("": none).', rich_help_panel=DATA),
    ] = None,
    negative: Annotated[
        str | None,
        typer.Option(help='Label that means negative ("": none).', rich_help_panel=DATA),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Use a stratified part of this many rows.", rich_help_panel=DATA),
    ] = None,
    test_size: Annotated[
        float | None,
        typer.Option(help="Part kept aside for measuring, 0 to 1.", rich_help_panel=MODEL),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Chooses that part.", rich_help_panel=MODEL),
    ] = None,
    min_accuracy: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Refuse a worse model (exit code 5).",
            rich_help_panel=MODEL,
        ),
    ] = None,
    from_joblib: Annotated[
        Path | None,
        typer.Option(
            help="Take a fitted scikit-learn pipeline instead of fitting one. Opening such a file runs its code.",
            rich_help_panel=MODEL,
        ),
    ] = None,
) -> None:
    """Check the labelled rows, fit a model, measure it on rows it has not seen, and write the artifact.

    TF-IDF and logistic regression. The same data, options and seed give the same artifact, byte for byte.

    Examples:

      sentiment-cli train

      sentiment-cli train reviews.csv --text-column review --label-column stars --positive 4,5 --negative 1,2

      sentiment-cli train --data sentiment140 --limit 100000

      sentiment-cli train --from-joblib pipeline.joblib
    """
    from sentiment_cli import training_log

    if data_argument is not None and run.sources.get("data") == "flag":
        raise typer.BadParameter("the data were named already, without a flag.", param_hint="--data")
    given = run.given({
        "data": ("data.path", data), "data_argument": ("data.path", data_argument), "format": ("data.format", format),
        "text_column": ("data.text_column", text_column), "label_column": ("data.label_column", label_column),
        "positive": ("data.positive", positive), "negative": ("data.negative", negative),
        "limit": ("data.limit", limit),
    })  # fmt: skip
    chosen = {"test_size": test_size, "seed": seed, "min_accuracy": min_accuracy}
    with training_log.kept(run.project_dir) as log:
        emit = log.heard(run.terminal.emit)
        outcome = _bring(run, from_joblib, given, emit) if from_joblib else _fit(run, given, chosen, emit)
        for line in _in_words(outcome):
            log.write(line)
    _show(run, outcome)
    run.terminal.result(_as_json(outcome))
    run.terminal.next_steps((run.command("serve-local"), "try it in the browser"))


def _fit(run: Run, given: dict[str, Answer], chosen: dict[str, Any], emit: Emit) -> Outcome:
    from sentiment_cli import project as projects
    from sentiment_cli.modelling import fit
    from sentiment_cli.rows import rows_of

    project, _ = projects.load_or_default(run.project_dir)
    model = projects.overridden(project.model, chosen)
    rows = rows_of(project, run.project_dir, given, run.prompter, emit)
    return fit(project.name, rows, model, run.project_dir, emit)


def _bring(run: Run, path: Path, given: dict[str, Answer], emit: Emit) -> Outcome:
    from sentiment_cli.errors import InputError
    from sentiment_cli.modelling import bring

    if given:
        flags = ", ".join(sorted(given))
        raise InputError(
            "--from-joblib takes a model that is fitted already.", f"There is nothing to do with {flags}.",
            "Leave one of them out.", code="usage",
        )  # fmt: skip
    run.confirm(
        f"Opening {path} runs whatever code is in it. Is it a file you made or trust?", default=False, flag="--yes"
    )
    return bring(path, run.project_dir, emit)


def _show(run: Run, outcome: Outcome) -> None:
    from sentiment_cli.terminal.training_summary import summary

    if outcome.trained is not None:
        run.terminal.show(summary(outcome.trained.metrics))
    run.terminal.show("")
    run.terminal.line(f"artifact  {outcome.artifact}")
    if outcome.report is not None:
        run.terminal.line(f"report    {outcome.report}")
    if not outcome.compiled:
        run.terminal.say(
            f"This model is served through scikit-learn: {outcome.not_compiled_because} Answers take longer and the "
            "image is larger.",
            style="yellow",
        )


def _in_words(outcome: Outcome) -> Iterator[str]:
    """The result, for the log."""
    if outcome.trained is None:
        yield f"A model with the labels {', '.join(outcome.labels)} was brought; it was not measured"
    else:
        found = outcome.trained.metrics
        yield f"Rows: {outcome.rows:,}, of which {found.train_rows:,} to learn from, {found.test_rows:,} to measure on"
        between = f"({found.accuracy_low:.4f} to {found.accuracy_high:.4f})"
        yield f"Measured: accuracy {found.accuracy:.4f} {between}, F1 {found.f1:.4f}, ROC AUC {found.roc_auc:.4f}"
    if not outcome.compiled:
        yield f"Not compiled: {outcome.not_compiled_because}"
    yield f"Written: {outcome.artifact}, SHA-256 {outcome.sha256}, after {outcome.seconds:.1f} s"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    """Every key, always: nothing is known of the rows of a model that was brought, nor was it measured."""
    metrics = outcome.trained.metrics if outcome.trained else None
    measured = ("train_rows", "test_rows", "accuracy", "f1", "roc_auc")
    return {
        "rows": outcome.rows if metrics else None,
        **{name: getattr(metrics, name, None) for name in measured},
        "labels": list(outcome.labels),
        "artifact": str(outcome.artifact),
        "sha256": outcome.sha256,
        "compiled": outcome.compiled,
        "seconds": round(outcome.seconds, 3),
        "report": str(outcome.report) if outcome.report else None,
    }
