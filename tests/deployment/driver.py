"""A deployment, a rollback or a teardown without the command line, here or in a process that is killed."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from sentiment_cli import project as projects
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.deployment import deploying, lock, teardown, versions
from sentiment_cli.deployment.deploying import Deployed, Target
from sentiment_cli.deployment.teardown import TornDown
from sentiment_cli.events import ignore

REGION = "eu-west-1"
END = datetime(2099, 1, 1, tzinfo=UTC)


def target_of(folder: Path, with_api: bool) -> Target:
    """A stage with an end that no test lives to see."""
    return Target(
        projects.load(folder), folder, folder / ".sentiment", "dev", with_api=with_api, engine="process", expires=END
    )


def deploy(aws: Aws, target: Target) -> Deployed:
    with lock.held(target.home, target.stage, "deploy"):
        journal = deploying.journal_of(aws, target, ignore)
        return deploying.deploy(aws, target, deploying.make_plan(aws, target), journal, ignore)


def roll_back(aws: Aws, target: Target) -> None:
    with lock.held(target.home, target.stage, "rollback"):
        journal = deploying.journal_of(aws, target, ignore)
        names = target.names(aws)
        chosen = versions.chosen(versions.kept(aws, names), None, journal.state.served, "rollback")
        versions.go_back(aws, names, chosen, journal, ignore)


def remove(aws: Aws, target: Target) -> TornDown:
    with lock.held(target.home, target.stage, "teardown", otherwise=ignore):
        names = target.names(aws)
        journal = deploying.journal_of(aws, target, ignore)
        return teardown.apply(aws, names, teardown.inventory(aws, names), journal, ignore)


VERBS = {"deploy": deploy, "update": deploy, "rollback": roll_back, "teardown": remove}

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.deployment.warm"])


@dataclass(frozen=True)
class Running:
    """A program of its own that does one of VERBS."""

    process: BaseProcess
    said: Connection

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def end(self) -> str:
        """How it ended: "" if it did all it should."""
        self.process.join()
        try:
            return str(self.said.recv())
        except EOFError:
            return f"exit code {self.process.exitcode}"


def start(verb: str, target: Target, environment: Mapping[str, str]) -> Running:
    here, there = _forks.Pipe(duplex=False)
    process = _forks.Process(
        target=_do, args=(verb, target.project_dir, target.with_api, dict(environment), there), daemon=True
    )
    process.start()
    there.close()
    return Running(process, here)


def _do(verb: str, folder: Path, with_api: bool, environment: dict[str, str], said: Connection) -> None:
    os.environ.update(environment)
    try:
        VERBS[verb](connect(REGION), target_of(folder, with_api))
    except BaseException:
        said.send(traceback.format_exc()[-600:])
    else:
        said.send("")
