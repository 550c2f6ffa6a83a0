"""Assembles the commands, and is the only place where an exception becomes a message and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sentiment_cli import __version__
from sentiment_cli.commands import COMMANDS, GROUPS
from sentiment_cli.errors import Interrupted, SentimentError
from sentiment_cli.help import flowing
from sentiment_cli.redaction import without_secrets

HELP = """From labelled tweets to a live sentiment API on AWS, and safely back to nothing.

Start with [bold]sentiment-cli init[/bold], then [bold]train[/bold] and [bold]serve-local[/bold]: none of the three
needs an AWS account or costs anything, nor does [bold]deploy --sandbox[/bold].

Every flag has an environment variable: --region is SENTIMENT_REGION. A flag wins over it, it wins over sentiment.toml.
"""

REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


def main() -> None:
    """The console script."""
    # What is loaded stays: to look through all of it for garbage again and again is a tenth of what a command does.
    gc.set_threshold(100_000)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # another one, while the first was told of
        os._exit(Interrupted.exit_code)
    if code == Interrupted.exit_code and threading.active_count() > 1:
        os._exit(code)  # a second Ctrl-C: whatever still waits for AWS in a thread is not waited for
    gc.freeze()  # it goes with the process, and need not be looked through at the end
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every failure has been told to the user by then."""
    try:
        arguments = _in_order(arguments)
        return _run(arguments)
    except SentimentError as error:
        return _tell(arguments, error)
    except (KeyboardInterrupt, typer.Abort):
        return _tell(arguments, Interrupted("Interrupted.", code="interrupted"))
    except BrokenPipeError:
        _drop_output()
        return 1
    except Exception as error:
        return _tell(arguments, _refusal_of_the_system(error) or _unexpected(error), error)


def _drop_output() -> None:
    """Whoever read our output has gone, or its disk is full: what is left in the buffer has no reader."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_order(arguments: Sequence[str]) -> Sequence[str]:
    """The command first, then its flags: so they are read by the command, and by what tells of a failure."""
    if not arguments or arguments[0] in COMMANDS:
        return arguments
    from sentiment_cli.commands import before

    return before.moved(arguments)


def _run(arguments: Sequence[str]) -> int:
    from typer.exceptions import TyperException

    helping = not arguments or bool({"--help", "-h"} & set(arguments))
    if helping:
        from sentiment_cli import help as quick

        quick.load()
    from sentiment_cli import flags

    flags.load()
    of_a_command = helping and bool(arguments) and not arguments[0].startswith("-")
    only = arguments[0] if arguments and arguments[0] in {*COMMANDS, *GROUPS} else None
    program: Any = typer.main.get_command(_app(own_flags=not of_a_command, only=only))
    try:
        code = program.main(args=list(arguments), prog_name="sentiment-cli", standalone_mode=False)
    except TyperException as error:
        from sentiment_cli.commands import usage

        raise usage.explain(error, only, arguments) from None
    if code == Interrupted.exit_code:  # Typer turns Ctrl-C into this value
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _app(*, own_flags: bool, only: str | None = None) -> typer.Typer:
    """The program, or what there is of it to run `only` one command: Typer looks at every flag of all that it is given.

    Before a command's --help it needs no flags of its own either.
    """
    app = typer.Typer(
        name="sentiment-cli",
        help=flowing(HELP),
        no_args_is_help=True,
        add_completion=own_flags,
        add_help_option=own_flags,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback(help=flowing(HELP))(_with_shared_flags(_top) if own_flags and only is None else _top)
    for name in COMMANDS:
        if only in (None, name):
            app.command(name)(COMMANDS[name])
    for name in GROUPS:
        if only not in (None, name):
            continue
        text, members = GROUPS[name]
        group = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode="rich")
        for member, function in members.items():
            group.command(member)(function)
        app.add_typer(group, name=name)
    return app


def _with_shared_flags(function: Callable[..., None]) -> Callable[..., None]:
    from sentiment_cli.commands import before

    return before.declared(function)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sentiment-cli {__version__}")
        raise typer.Exit


def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    """Everything is done by the commands."""


def _tell(arguments: Sequence[str], error: SentimentError, cause: BaseException | None = None) -> int:
    debug = _wanted("debug", arguments)
    if debug:
        sys.stderr.write(_traceback(cause or error))
    from sentiment_cli.terminal.console import Terminal

    try:
        Terminal(as_json=_wanted("json", arguments), color=not _wanted("no-color", arguments)).fail(error)
    except OSError:
        _drop_output()
    return error.exit_code


def _wanted(switch: str, arguments: Sequence[str]) -> bool:
    """Whether a switch was given, told without the parser: the error may be the parser's own."""
    flags = arguments[: arguments.index("--")] if "--" in arguments else arguments
    value = os.environ.get(f"SENTIMENT_{switch.replace('-', '_').upper()}", "")
    return f"--{switch}" in flags or value.strip().lower() in ("1", "true", "t", "yes", "y", "on")


def _refusal_of_the_system(error: Exception) -> SentimentError | None:
    """The error for a full disk and missing rights, wherever they are met; None for any other."""
    if not isinstance(error, OSError) or error.errno not in REFUSALS:
        return None
    return SentimentError(
        f"Cannot use {error.filename or 'the output'}.",
        f"{error.strerror}.",
        "Make room or change the rights there, then run the command again.",
        code="cannot-write",
    )


def _unexpected(error: Exception) -> SentimentError:
    log = _write_log(error)
    return SentimentError(
        f"Something unexpected went wrong: {type(error).__name__}: {error}",
        "This is a defect of sentiment-cli, not of what you did.",
        f"The details are in {log}; --debug shows them here. Please report them." if log else "Try again with --debug.",
        code="unexpected",
    )


def _write_log(error: Exception) -> Path | None:
    """Keep the traceback, without values of variables, where the user can find it."""
    import tempfile

    try:
        with tempfile.NamedTemporaryFile("w", prefix="sentiment-cli-", suffix=".log", delete=False) as file:
            file.write(f"sentiment-cli {__version__}, Python {sys.version}\n")
            file.write(_traceback(error))
    except OSError:
        return None
    return Path(file.name)


def _traceback(error: BaseException) -> str:
    import traceback

    return without_secrets("".join(traceback.format_exception(error)))
