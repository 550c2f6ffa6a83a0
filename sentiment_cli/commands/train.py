"""`train`: check the rows, fit, measure, write the artifact and its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command

if TYPE_CHECKING:
    from sentiment_cli.project import Project

DATA, MODEL = "The labelled rows", "The model"


@command
def train(
    run: Run,
    data_argument: Annotated[
        str | None, typer.Argument(metavar="[DATA]", help="The same as --data.", show_default=False)
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|sample|sentiment140",
            help="Labelled rows, if not the project's.",
            envvar="SENTIMENT_DATA",
            rich_help_panel=DATA,
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            metavar="csv|tsv|jsonl|parquet|sentiment140",
            help="If looking at the file misleads.",
            envvar="SENTIMENT_FORMAT",
            rich_help_panel=DATA,
        ),
    ] = None,
    text_column: Annotated[
        str | None,
        typer.Option(help="Name or number.", envvar="SENTIMENT_TEXT_COLUMN", rich_help_panel=DATA),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(help="Name or number.", envvar="SENTIMENT_LABEL_COLUMN", rich_help_panel=DATA),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help="Label that means positive.", envvar="SENTIMENT_POSITIVE", rich_help_panel=DATA),
    ] = None,
    negative: Annotated[
        str | None,
        typer.Option(help="Label that means negative.", envvar="SENTIMENT_NEGATIVE", rich_help_panel=DATA),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Use a stratified part of this many rows.", envvar="SENTIMENT_LIMIT", rich_help_panel=DATA
        ),
    ] = None,
    test_size: Annotated[
        float | None,
        typer.Option(
            help="Part kept aside for measuring, 0 to 1.", envvar="SENTIMENT_TEST_SIZE", rich_help_panel=MODEL
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Chooses that part.", envvar="SENTIMENT_SEED", rich_help_panel=MODEL),
    ] = None,
    min_accuracy: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Refuse a worse model (exit code 5).",
            envvar="SENTIMENT_MIN_ACCURACY",
            rich_help_panel=MODEL,
        ),
    ] = None,
    from_joblib: Annotated[
        Path | None,
        typer.Option(
            help="Take a fitted scikit-learn pipeline instead of fitting one. Opening such a file runs its code.",
            envvar="SENTIMENT_FROM_JOBLIB",
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
