"""Chalice as a program that ends with whoever started it; there is no `python -m chalice`, and it need not be on PATH.

Started as a script, in a session of its own. Its standard input is a pipe into which nobody writes and which closes
with the process at the other end: a Chalice that went on alone would change a stage on which others are at work.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> None:
    """Chalice's own command line."""
    watched = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()
    from chalice.cli import main as chalice

    sys.exit(chalice())


def _end_with(pipe: int) -> None:
    os.read(pipe, 1)
    os.killpg(os.getpid(), signal.SIGKILL)  # with it what it has started, as pip


if __name__ == "__main__":
    main()
