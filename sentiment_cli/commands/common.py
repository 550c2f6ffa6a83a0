"""What every command shares: its flags, its terminal, and where each given value came from."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.models import OptionInfo

from sentiment_cli.commands import hints
from sentiment_cli.errors import SentimentError
from sentiment_cli.help import flowing
from sentiment_cli.questions import Answer, Prompter

if TYPE_CHECKING:
    from sentiment_cli.terminal.console import Terminal

EVERY_COMMAND = "Flags of every command"

ProjectDir = Annotated[
    Path,
    typer.Option(
        "-C",
        "--project-dir",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="The project's folder.",
        show_default="this folder",
        rich_help_panel=EVERY_COMMAND,
    ),
]


def _switch(*names: str, text: str) -> Any:
    return Annotated[bool, typer.Option(*names, help=text, rich_help_panel=EVERY_COMMAND)]


Json = _switch("--json", text="Print one JSON object on stdout at the end.")
Yes = _switch("-y", "--yes", text="Accept confirmations; invents no values.")
NoInput = _switch("--no-input", text="Never ask; a missing value is an error.")
NoColor = _switch("--no-color", text="No colours (NO_COLOR works too).")
Verbose = _switch("-v", "--verbose", text="Show what other programs print.")
Debug = _switch("--debug", text="Show a traceback when something fails.")

SHARED: Mapping[str, tuple[Any, Any]] = {
    "project_dir": (ProjectDir, Path()),
    "as_json": (Json, False),
    "yes": (Yes, False),
    "no_input": (NoInput, False),
    "no_color": (NoColor, False),
    "verbose": (Verbose, False),
    "debug": (Debug, False),
}


@dataclass(frozen=True)
class Run:
    """One run of a command: where, how it may talk, and which values were given."""

    project_dir: Path
    terminal: Terminal
    yes: bool
    no_input: bool
    debug: bool
    sources: Mapping[str, str]
    until_its_end: Callable[[AbstractContextManager[Any]], Any]
    """Enters what is left when the command is over."""

    @property
    def folder(self) -> str:
        """What to type after another command to mean this project."""
        return hints.folder_flag(self.project_dir, self.sources)

    def command(self, words: str) -> str:
        """How to type another command for this project."""
        return f"sentiment-cli {words}{self.folder}"

    @property
    def prompter(self) -> Prompter | None:
        """Somebody to ask, or None."""
        if self.no_input or not self.terminal.can_ask:
            return None
        from sentiment_cli.terminal.prompts import prompter

        self.terminal.settle()
        return prompter()

    def given(self, values: Mapping[str, tuple[str, Any]]) -> dict[str, Answer]:
        """Of `parameter name -> (key, value)`, those that came by flag or environment, as answers by key."""
        return {
            key: Answer(value.value if hasattr(value, "value") else value, self.sources[name])
            for name, (key, value) in values.items()
            if name in self.sources and value is not None
        }

    def confirm(self, question: str, *, default: bool, flag: str = "--yes") -> None:
        """Go on only with a yes.

        Raises Declined on a no, InputError where nobody can be asked and `flag` was not given.
        """
        from sentiment_cli.errors import Declined, InputError

        if self.yes:
            return
        prompter = self.prompter
        if prompter is None:
            raise InputError(
                f"A confirmation is missing: {question}",
                "Nobody can be asked: there is no terminal, or --no-input was given.",
                f"Pass {flag} to say yes.",
                code="missing-input",
            )
        if not prompter.confirm(question, default=default):
            raise Declined("Nothing was done.", "The question was answered with no.", code="declined")


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """Within it, SIGTERM and a closed terminal end the command as Ctrl-C does: what was started is stopped first."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # A hang-up that is ignored stays so: nohup has asked for it.
    signals = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, interrupt) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Give `function(run, ...)` the flags of every command."""

    def wrapper(**values: Any) -> None:
        context: typer.Context = values.pop("context")
        run = _run(context, {name: values.pop(name) for name in SHARED})
        try:
            function(run, **values)
        except SentimentError as error:
            hints.complete(error, run.folder, values)
            raise
        finally:
            run.terminal.settle()

    signature = inspect.signature(function, eval_str=True)
    own = [parameter for name, parameter in signature.parameters.items() if name != "run"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in SHARED.items()
    ]
    for each in (*own, *shared):
        _mirror(each)
    first = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [first, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own), *shared]
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {each.name: each.annotation for each in parameters}
    wrapper.__name__ = function.__name__
    wrapper.__doc__ = flowing(function.__doc__ or "")
    return wrapper


def _mirror(parameter: inspect.Parameter) -> None:
    """Give an option its environment variable, which the help tells once and not beside every flag."""
    for info in getattr(parameter.annotation, "__metadata__", ()):
        if isinstance(info, OptionInfo):
            shown = parameter.name.removeprefix("as_").upper()
            info.envvar, info.show_envvar = f"SENTIMENT_{shown}", False


def _run(context: typer.Context, shared: Mapping[str, Any]) -> Run:
    sources = {}
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT"):
            sources[name] = "flag" if source.name == "COMMANDLINE" else "environment"
    from sentiment_cli.terminal.console import Terminal

    terminal = Terminal(as_json=shared["as_json"], color=not shared["no_color"], verbose=shared["verbose"])
    return Run(
        project_dir=shared["project_dir"],
        terminal=terminal,
        yes=shared["yes"],
        no_input=shared["no_input"],
        debug=shared["debug"],
        sources=sources,
        until_its_end=context.with_resource,
    )
