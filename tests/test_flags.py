"""Values of flags are read as Typer itself reads them, and texts and paths without pydantic."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
import typer
import typer.core
from typer.exceptions import TyperException

from sentiment_cli import flags
from sentiment_cli.commands import COMMANDS

# Another test may have run a command in this process.
THEIRS = getattr(typer.core.build_runtime_param, "theirs", typer.core.build_runtime_param)


class Colour(enum.StrEnum):
    red = "red"


def read(*arguments: str) -> dict[str, Any] | str:
    """What a command is given, or what is wrong."""
    app, given = typer.Typer(), {}

    @app.command()
    def command(
        words: Annotated[list[str] | None, typer.Argument()] = None,
        text: str = "dev",
        other: Annotated[str | None, typer.Option(envvar="OF_THE_ENVIRONMENT")] = None,
        folder: Annotated[Path, typer.Option(exists=True, file_okay=False)] = Path(),
        file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False)] = None,
        target: Path | None = None,
        count: Annotated[int | None, typer.Option(min=1)] = None,
        share: float = 0.5,
        colour: Colour = Colour.red,
        switch: bool = False,
        many: Annotated[list[str] | None, typer.Option()] = None,
        parsed: Annotated[Any, typer.Option(parser=str.upper)] = None,
        positive: str | None = None,
    ) -> None:
        given.update(locals())

    try:
        typer.main.get_command(app).main(args=list(arguments), standalone_mode=False)
    except TyperException as error:
        return error.format_message()
    return {name: value for name, value in given.items() if name != "given"}


LINES = (
    [], ["a", "b"], ["--text", "é 😀"], ["--other", "x"], ["--folder", "."], ["--folder", "/nowhere"],
    ["--folder", __file__], ["--file", __file__], ["--file", "."], ["--target", "/nowhere/a"],
    ["--count", "3"], ["--count", "0"], ["--count", "x"], ["--share", "1"], ["--colour", "blue"], ["--switch"],
    ["--many", "a", "--many", "b"], ["--parsed", "abc"], ["--text"],
)  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_value_is_read_the_same(line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_ENVIRONMENT", "from there")
    monkeypatch.setattr(typer.core, "build_runtime_param", THEIRS)
    expected = read(*line)
    flags.load()
    assert typer.core.build_runtime_param is not THEIRS
    assert read(*line) == expected
    assert repr(read(*line)) == repr(expected)  # also the types


@pytest.mark.parametrize("flag", ["--text", "--other", "--target", "--folder", "--file", "--count", "--colour"])
def test_a_value_of_nothing_is_refused(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer.core, "build_runtime_param", THEIRS)
    flags.load()
    assert flags.EMPTY in str(read(flag, ""))


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_a_number_without_end_is_refused(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer.core, "build_runtime_param", THEIRS)
    flags.load()
    assert read("--share", number) == f"Invalid value for '--share': {flags.UNBOUNDED}"


def test_nothing_is_a_value_where_it_has_a_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer.core, "build_runtime_param", THEIRS)
    flags.load()
    found = read("--positive", "")
    assert isinstance(found, dict)
    assert found["positive"] == ""


@pytest.mark.parametrize("name", sorted(flags.MAY_BE_EMPTY))
def test_a_flag_that_takes_nothing_says_so_in_its_help(name: str) -> None:
    for command in (COMMANDS["init"], COMMANDS["train"]):
        [option] = [each for each in get_args(command.__annotations__[name]) if hasattr(each, "help")]
        assert '""' in option.help


def test_a_variable_and_a_text_of_nothing_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_ENVIRONMENT", "")
    monkeypatch.setattr(typer.core, "build_runtime_param", THEIRS)
    flags.load()
    found = read("", "--many", "")
    assert isinstance(found, dict)
    assert (found["words"], found["many"], found["other"]) == ([""], [""], None)


def test_another_typer_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(typer.core, "build_runtime_param")
    flags.load()
    assert not hasattr(typer.core, "build_runtime_param")
    monkeypatch.setattr(typer.core, "build_runtime_param", THEIRS, raising=False)
    monkeypatch.delattr(sys.modules["typer._param_types"], "coerce_cli_path")
    flags.load()
    assert typer.core.build_runtime_param is THEIRS
