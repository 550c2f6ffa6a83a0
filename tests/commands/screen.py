"""A command in a real terminal: keys go in, the screen can be read."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import pexpect
import pyte

ENTER, DOWN, CTRL_C = "\r", "\x1b[B", "\x03"


class Screen:
    """`sentiment-cli ARGUMENTS` on a terminal."""

    def __init__(self, *arguments: str, cwd: Path, rows: int = 40, columns: int = 100, **environment: str) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.history = ""
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "sentiment_cli", *arguments],
            cwd=str(cwd),
            env={**os.environ, "TERM": "xterm-256color", **environment},
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=30,
        )

    def wait_for(self, text: str, seconds: float = 30) -> str:
        """Read on until `text` stands on the screen; the screen as one string."""
        end = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < end, f"{text!r} did not appear:\n{self.text}"
            if not self._read():
                assert text in self.text, f"the command ended without {text!r}:\n{self.text}"
        return self.text

    def press(self, *keys: str) -> None:
        for key in keys:
            self.child.send(key)
            time.sleep(0.05)

    def end(self, seconds: float = 60) -> int:
        """Wait until the command is over; its exit code."""
        stop = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < stop, f"still running:\n{self.text}"
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0))

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def colours(self) -> set[str]:
        """Escape sequences that set colours, as they came."""
        return set(re.findall(r"\x1b\[[0-9;]*3[0-7][0-9;]*m", self.history))

    def _read(self) -> bool:
        try:
            got = self.child.read_nonblocking(4096, timeout=0.2)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        if "\x1b[6n" in got:  # "where is the cursor?", which a real terminal answers
            self.child.send(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")
        self.history += got
        self.stream.feed(got)
        return True
