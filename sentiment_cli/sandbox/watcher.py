"""A tiny process that outlives its sandbox by a moment: when the sandbox is gone, it ends what that left behind.

It holds the reading end of a pipe whose writing end only the sandbox has, so that it learns of any kind of death.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from sentiment_cli.sandbox import leftovers


def keep(sandbox: str, *, docker: bool) -> None:
    """Keep a watcher beside this process for as long as it lives, a new one where one was killed."""

    def forever() -> None:
        while True:
            # Its own session: whatever ends the sandbox's does not end it.
            watcher = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", __name__, sandbox, "docker" if docker else "process"],
                env={name: value for name, value in os.environ.items() if name != leftovers.MARK},
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            watcher.wait()

    threading.Thread(target=forever, daemon=True, name="watcher").start()


def main() -> None:
    """Wait for the sandbox's end."""
    sandbox, engine = sys.argv[1:]
    sys.stdin.buffer.read()
    leftovers.end(sandbox, docker=engine == "docker")


if __name__ == "__main__":
    main()
