"""One file a command; each parses, asks, calls, shows and suggests what comes next."""

from __future__ import annotations

from sentiment_cli.commands import sandbox
from sentiment_cli.commands.deploy import deploy
from sentiment_cli.commands.doctor import doctor
from sentiment_cli.commands.init import init
from sentiment_cli.commands.invoke import invoke
from sentiment_cli.commands.load_test import load_test
from sentiment_cli.commands.logs import logs
from sentiment_cli.commands.plan import plan
from sentiment_cli.commands.policy import policy
from sentiment_cli.commands.rollback import rollback
from sentiment_cli.commands.serve_local import serve_local
from sentiment_cli.commands.status import status
from sentiment_cli.commands.teardown import teardown
from sentiment_cli.commands.train import train

COMMANDS = {
    "init": init,
    "train": train,
    "serve-local": serve_local,
    "plan": plan,
    "deploy": deploy,
    "invoke": invoke,
    "load-test": load_test,
    "status": status,
    "logs": logs,
    "rollback": rollback,
    "teardown": teardown,
    "doctor": doctor,
    "policy": policy,
}

# commands with commands of their own, and what each is about
GROUPS = {"sandbox": (sandbox.HELP, sandbox.COMMANDS)}
