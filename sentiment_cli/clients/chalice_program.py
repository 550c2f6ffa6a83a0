"""Chalice as a program that ends with whoever started it; there is no `python -m chalice`, and it need not be on PATH.

Started as a script, in a session of its own. Its standard input is a pipe into which nobody writes and which closes
with the process at the other end: a Chalice that went on alone would change a stage on which others are at work.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import ModuleType

ASKS = "inquirer"  # what `chalice new-project` asks its questions with: a quarter of all that Chalice imports


def main() -> None:
    """Chalice's own command line."""
    watched = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()
    gc.set_threshold(100_000)
    chalice = _chalice()
    # From here on the user's own files are imported, and no folder of theirs gets a __pycache__.
    sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
    try:
        sys.exit(chalice())
    finally:
        gc.freeze()


def _chalice() -> Callable[[], int]:
    from sentiment_cli.clients.descriptions import for_everyone

    for_everyone()
    sys.modules[ASKS] = ModuleType(ASKS)
    try:
        from chalice.cli import main as chalice
    finally:
        del sys.modules[ASKS]  # a user's app may bring it
    return chalice


def _end_with(pipe: int) -> None:
    os.read(pipe, 1)
    os.killpg(os.getpid(), signal.SIGKILL)  # with it what it has started, as pip


if __name__ == "__main__":
    main()
