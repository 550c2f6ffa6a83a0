"""One file a command; each parses, asks, calls, shows and suggests what comes next."""

from __future__ import annotations

from sentiment_cli.commands.init import init
from sentiment_cli.commands.invoke import invoke

COMMANDS = {"init": init, "invoke": invoke}
