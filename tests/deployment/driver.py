"""A deployment or a teardown as a program of its own, to be killed: `python -m tests.deployment.driver VERB FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from sentiment_cli import project as projects
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.deployment import deploying, lock, teardown
from sentiment_cli.deployment.deploying import Deployed, Target
from sentiment_cli.deployment.teardown import TornDown
from sentiment_cli.events import ignore


def target_of(folder: Path, with_api: bool) -> Target:
    return Target(projects.load(folder), folder, folder / ".sentiment", "dev", with_api=with_api, engine="process")


def deploy(aws: Aws, target: Target) -> Deployed:
    with lock.held(target.home, target.stage, "deploy"):
        journal = deploying.journal_of(aws, target, ignore)
        return deploying.deploy(aws, target, deploying.make_plan(aws, target), journal, ignore)


def remove(aws: Aws, target: Target) -> TornDown:
    with lock.held(target.home, target.stage, "teardown", otherwise=ignore):
        names = target.names(aws)
        journal = deploying.journal_of(aws, target, ignore)
        return teardown.apply(aws, names, teardown.inventory(aws, names), journal, ignore)


if __name__ == "__main__":
    verb, folder, with_api = sys.argv[1:]
    {"deploy": deploy, "teardown": remove}[verb](connect("eu-west-1"), target_of(Path(folder), with_api == "api"))
