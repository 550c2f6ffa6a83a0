"""Runs Chalice, in a process of its own: it imports the user's app and changes sys.path and the environment for good.

What it prints arrives as LogLine events; how it fails becomes a SentimentError. The credentials, region and address are
those of the `Aws` that is passed, whatever profile or environment the user's shell has.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sentiment_cli.clients.aws_errors import not_reached, refused
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, LogLine

_PROGRAM = Path(__file__).with_name("chalice_program.py")
# Chalice's own three attempts are over within a second. What the user has set comes first.
_ATTEMPTS = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "10"}
_OF_OTHERS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "PYTHONPATH")
# What it prints of an error ends with an empty line, behind which it tells where in its own code that was.
_AWS_SAYS = re.compile(
    r"An error occurred \((\w+)\) when calling the (\w+)\s+operation(?:\s+\(reached max retries: \d+\))?:\s+(.+?)"
    r"\s*(?:\n\s*\n|\Z)",
    re.DOTALL,
)
_BOTOCORE_SAYS = re.compile(r"^botocore\.exceptions\.(\w+): (.+?)\s*(?:\n\s*\n|\Z)", re.DOTALL | re.MULTILINE)
_CHALICE_SAYS = re.compile(r"received the following error:\s*(.+)", re.DOTALL)
# What it says to an operation that is asked a second time, because the answer to the first was lost.
_THERE_ALREADY = ("ResourceConflictException", "EntityAlreadyExists", "ConflictException")


def deploy(aws: Aws, folder: Path, stage: str, emit: Emit) -> None:
    """`chalice deploy --stage STAGE` of the project in `folder`. Raises SentimentError."""
    # -P: no module of the user's folder stands in for one of Chalice's. A session of its own: Ctrl-C in the terminal is
    # for us alone; what Chalice has begun it ends, and so writes down what it made. The pipe tells it of our own end.
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", str(_PROGRAM), "deploy", "--stage", stage], cwd=folder, env=_environment(aws),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None  # noqa: S101
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if not lines[-1].startswith(("Traceback", " ")) and lines[-1]:
                emit(LogLine("chalice", lines[-1]))
        process.wait()  # with the pipe still open
    if process.returncode != 0:
        raise _failed("\n".join(lines))


def met_what_is_there(error: SentimentError) -> bool:
    """Whether AWS has already what Chalice wanted to make: it has asked twice, for the first answer was lost."""
    return error.code in _THERE_ALREADY and "already exist" in error.why


def _environment(aws: Aws) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_OTHERS}
    found = aws.session.get_credentials().get_frozen_credentials()
    token = {"AWS_SESSION_TOKEN": found.token} if found.token else {}
    return {
        **_ATTEMPTS,
        **kept,
        **token,
        "AWS_ACCESS_KEY_ID": found.access_key,
        "AWS_SECRET_ACCESS_KEY": found.secret_key,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_REGION": aws.region,
    }


def _failed(output: str) -> SentimentError:
    said = _AWS_SAYS.search(output)
    what = "Chalice could not deploy the API."
    if said:
        code, operation, message = said.groups()
        return refused(what, code, _one_line(message), operation)
    if on_the_way := _BOTOCORE_SAYS.search(output):
        name, message = on_the_way.groups()
        return not_reached(what, name, _one_line(message))
    told = _CHALICE_SAYS.search(output)
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "It said nothing.")
    return SentimentError(
        what,
        _one_line(told.group(1) if told else last),
        "Look at the project under api/ (`chalice local` runs it on this machine), then run the command again.",
        code="chalice",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
