"""The model on localhost, as a container or as a process: starting, awaiting, watching and stopping it.

One server a project. What runs is on record in `.sentiment/local/`, so that any later command can find and stop it,
also after the one that started it was killed.
"""

from __future__ import annotations

from sentiment_cli.local_server.running import Running
from sentiment_cli.local_server.starting import start
from sentiment_cli.local_server.stopping import serving_url, stop

__all__ = ["Running", "serving_url", "start", "stop"]
