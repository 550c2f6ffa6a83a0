"""What a start costs: the packages that are loaded for it, by name, and CPU time against the bare start of Typer."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.commands import COMMANDS, GROUPS

# What Typer needs to show a help; nothing else may come.
HELP = {"typer", "rich", "annotated_doc", "shellingham", "sentiment_cli"}
# What Typer reads numbers and choices with; texts and folders it reads without.
READING = {"pydantic", "pydantic_core"}
# Parts of what may come that are as costly as all the rest.
COSTLY = ("rich.markdown", "rich.traceback", "rich.live", "rich.progress", "pygments")
HEAVY = {
    "boto3",
    "botocore",
    "docker",
    "sklearn",
    "scipy",
    "numpy",
    "matplotlib",
    "joblib",
    "pyarrow",
    "moto",
    "chalice",
}

MEMBERS = [f"{group} {name}" for group, (_, members) in GROUPS.items() for name in members]

# Each command line runs in a fork of a process that has nothing loaded but Python's own: a start each would cost more.
SCRIPT = """
import json, os, sys
def loaded(line):
    for name, value in line["environment"].items():
        os.environ[name] = value
    sink = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(sink, descriptor)
    before = set(sys.modules)
    from sentiment_cli.main import run
    try:
        run(line["arguments"])
    except SystemExit:
        pass
    return sorted(set(sys.modules) - before)
for line in map(json.loads, sys.stdin):
    read, write = os.pipe()
    if not os.fork():
        with os.fdopen(write, "w") as told:
            json.dump(loaded(line), told)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        print(told.read(), flush=True)
    os.wait()
"""


class Starts:
    """Runs command lines and says which modules they load."""

    def __init__(self) -> None:
        self._process: Any = subprocess.Popen(
            [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def modules(self, *arguments: str, **environment: str) -> set[str]:
        line = {"arguments": arguments, "environment": environment}
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return set(json.loads(self._process.stdout.readline()))

    def packages(self, *arguments: str, **environment: str) -> set[str]:
        names = {each.split(".")[0] for each in self.modules(*arguments, **environment)}
        return {each for each in names - sys.stdlib_module_names if not each.startswith("_")}

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def starts() -> Any:
    running = Starts()
    yield running
    running.end()


@pytest.mark.parametrize("name", ["", *COMMANDS, *GROUPS])
def test_a_help_loads_typer_and_rich_and_nothing_else(starts: Starts, name: str) -> None:
    loaded = starts.modules(*name.split(), "--help")
    packages = {each.split(".")[0] for each in loaded} - sys.stdlib_module_names
    assert {each for each in packages if not each.startswith("_")} <= HELP
    assert not [each for each in loaded if each.startswith(COSTLY)]
    assert "rich.table" in loaded  # it was shown


@pytest.mark.parametrize("name", MEMBERS)
def test_a_help_within_a_group_loads_typer_and_rich_and_nothing_else(starts: Starts, name: str) -> None:
    assert starts.packages(*name.split(), "--help") <= HELP


def test_the_version_needs_no_terminal(starts: Starts) -> None:
    assert starts.packages("--version") <= HELP - {"rich"}


def test_completion_needs_no_terminal(starts: Starts) -> None:
    asked = {"_SENTIMENT_CLI_COMPLETE": "complete_bash", "COMP_WORDS": "sentiment-cli dep", "COMP_CWORD": "1"}
    assert starts.packages(**asked) <= HELP


def test_a_usage_error_needs_nothing_heavy(starts: Starts) -> None:
    assert starts.packages("deploy", "--no-such-flag") <= HELP


def test_texts_and_folders_are_read_without_what_reads_numbers(starts: Starts, tmp_path: Path) -> None:
    flags = ("-C", str(tmp_path), "--stage", "prod", "--region", "eu-west-1", "--json")
    assert not starts.packages("deploy", *flags) & READING
    assert starts.packages("deploy", *flags, "--instance-count", "2") >= READING


NOWHERE = ("--url", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "line",
    [
        ("invoke", *NOWHERE, "hello"),
        ("load-test", *NOWHERE, "--text", "hello", "--yes"),
        ("serve-local", "--stop"),
        ("sandbox", "status"),
        ("plan",),
        ("status",),
        ("train",),
        ("status", "--sandbox"),
    ],
    ids=" ".join,
)
def test_a_command_that_ends_early_has_loaded_nothing_heavy(
    starts: Starts, tmp_path: Path, line: tuple[str, ...]
) -> None:
    """There is no project and nothing listens: what they would need for more has not been loaded yet."""
    needed = {"numpy"} if line == ("train",) else set()
    assert not starts.packages(*line, "--no-input", "-C", str(tmp_path)) & HEAVY - needed


def test_init_needs_no_docker_and_no_learning(starts: Starts, tmp_path: Path) -> None:
    """Regions and instance types are botocore's to know."""
    loaded = starts.packages(
        "init", str(tmp_path / "tweets"), "--data", "sample", "--region", "eu-west-1", "--no-input"
    )
    assert (tmp_path / "tweets/sentiment.toml").exists()
    assert loaded & HEAVY <= {"boto3", "botocore"}


def cpu_seconds(*command: str) -> float:
    """User and system time of a program: what else the machine does is not in it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env={**os.environ, "TERM": "dumb"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("arguments", [("--help",), ("deploy", "--help")], ids=" ".join)
def test_a_help_costs_at_most_three_times_the_import_of_typer(arguments: tuple[str, ...]) -> None:
    """By turns, so that both meet the same machine; 2.1 and 2.3 when this was written."""
    pairs = [(cpu_seconds("-c", "import typer"), cpu_seconds("-m", "sentiment_cli", *arguments)) for _ in range(3)]
    assert statistics.median(ours / bare for bare, ours in pairs) < 3


def test_stand_ins_become_what_they_stand_for() -> None:
    code = """
from sentiment_cli import help
help.load()
import typer.rich_utils as shown
import rich.markdown, rich.traceback
assert shown.Markdown is not rich.markdown.Markdown
assert type(shown.Markdown("*a*")) is rich.markdown.Markdown
assert shown.Traceback.from_exception == rich.traceback.Traceback.from_exception
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
