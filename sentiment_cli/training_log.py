"""`.sentiment/training.jsonl`: what the project's last training said, while it runs and after it.

A JSON object a line: time, level and text. Only what is said to everybody is in it, never a text of the rows; of an
error its code alone, for its words may quote some. A disk that does not take it spoils no training.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from sentiment_cli import __version__
from sentiment_cli.errors import Refused, SentimentError
from sentiment_cli.events import Emit, Event, Note, StepDone
from sentiment_cli.project import FILE_NAME

PATH = Path(".sentiment/training.jsonl")
MOST_LINES, LONGEST = 1000, 1000  # about 1 MB: a training says a few dozen lines


@dataclass(frozen=True)
class Said:
    """One line; `at` is in milliseconds since 1970, `level` "info", "warning" or "error"."""

    at: int
    level: str
    text: str


class TrainingLog:
    """The log of a training that runs; without a file it forgets what it is told."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file, self._lines = file, 0

    def write(self, text: str, level: str = "info") -> None:
        """Add a line, which can be read at once; what is beyond the bounds is left out."""
        if self._file is None or self._lines >= MOST_LINES:
            return
        self._lines += 1
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            self._file.write(json.dumps({"time": now, "level": level, "text": text[:LONGEST]}) + "\n")
            self._file.flush()
        except OSError:
            self._file = None

    def heard(self, emit: Emit) -> Emit:
        """`emit`, all of whose notes and finished steps are written down too."""

        def pass_on(event: Event) -> None:
            if isinstance(event, Note):
                self.write(event.text, event.level)
            elif isinstance(event, StepDone):
                detail = f": {event.detail}" if event.detail else ""
                self.write(f"{event.title}, {event.seconds:.1f} s{detail}")
            emit(event)

        return pass_on


@contextmanager
def kept(project_dir: Path) -> Iterator[TrainingLog]:
    """The log of a training within it, in place of the one before; a folder that is no project keeps none."""
    from sentiment_cli.artifacts import LIBRARIES

    file = _opened(project_dir / PATH) if (project_dir / FILE_NAME).exists() else None
    log = TrainingLog(file)
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    log.write(f"Training begins: sentiment-cli {__version__}, Python {platform.python_version()}, {libraries}")
    try:
        yield log
    except BaseException as error:
        log.write(_how_it_ended(error), "error")
        raise
    finally:
        if file is not None:
            _close(file)


def read(project_dir: Path, since: int = 0) -> list[Said]:
    """What was said since then (milliseconds since 1970), oldest first; nothing where there is no log."""
    try:
        with (project_dir / PATH).open(encoding="utf-8", errors="replace") as file:
            lines = [_said(line) for line, _ in zip(file, range(MOST_LINES), strict=False)]
    except OSError:
        return []
    return [each for each in lines if each is not None and each.at >= since]


def _opened(path: Path) -> IO[str] | None:
    """A new file in the place of the old one, which somebody may be reading; for this user's eyes only."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
    except OSError:
        return None


def _close(file: IO[str]) -> None:
    try:
        file.close()
    except OSError:  # what did not fit on the disk
        return


def _how_it_ended(error: BaseException) -> str:
    if isinstance(error, Refused):
        return f"Refused: {error.what}"
    if isinstance(error, SentimentError):
        return f"Failed: {error.code}"
    return "Interrupted" if isinstance(error, KeyboardInterrupt) else f"Failed: {type(error).__name__}"


def _said(line: str) -> Said | None:
    """None for half a line, and for one of somebody else."""
    try:
        value = json.loads(line)
        at = datetime.fromisoformat(value["time"]).timestamp()
        return Said(int(at * 1000), str(value["level"]), str(value["text"]))
    except (ValueError, KeyError, TypeError):
        return None
