"""The server's voice: one JSON object a line on stderr; it refuses to block, to be flooded, or to quote a tweet."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
LINE_LIMIT = 4096  # POSIX PIPE_BUF on Linux: a shorter write to a pipe is never mixed with another process's

_threshold = LEVELS["info"]


def set_level(name: str) -> None:
    """Lines below this level (a key of `LEVELS`) are not written from now on; the web server's own go the same way."""
    global _threshold
    _threshold = LEVELS[name]
    waitress = logging.getLogger("waitress")
    waitress.handlers = [_Forward()]
    waitress.propagate = False
    waitress.setLevel(max(_threshold, logging.WARNING))
    # It would warn for each request that waits for a thread, which is what a queue is for.
    logging.getLogger("waitress.queue").disabled = True


def wants(level: str) -> bool:
    """Whether lines of this level are written."""
    return LEVELS[level] >= _threshold


def log(level: str, event: str, **fields: Any) -> None:
    """Write one line: time, level, event, then `fields` (strings, numbers, lists and dicts of them)."""
    if wants(level):
        _write(_line({"time": _now(), "level": level, "event": event, **fields}))


class Limited:
    """A `log` for what strangers can cause: at most `burst` lines at once and `rate` a second after that.

    The line after a silence tells in `suppressed` how many were left out.
    """

    def __init__(self, rate: float = 5.0, burst: int = 20, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._seen, self._suppressed = float(burst), clock(), 0
        self._lock = threading.Lock()

    def __call__(self, level: str, event: str, **fields: Any) -> None:
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate)
            self._seen = now
            if self._tokens < 1:
                self._suppressed += 1
                return
            self._tokens -= 1
            suppressed, self._suppressed = self._suppressed, 0
        log(level, event, **fields, **({"suppressed": suppressed} if suppressed else {}))


class _Forward(logging.Handler):
    """Passes the web server's own warnings on as our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        _waitress_log(
            "error" if record.levelno >= logging.ERROR else "warning",
            "waitress",
            exception=kind,
            message=record.getMessage(),
        )


_waitress_log = Limited()


def _now() -> str:
    seconds = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}Z"


def _line(fields: dict[str, Any]) -> bytes:
    line = orjson.dumps(fields, default=repr)
    if len(line) < LINE_LIMIT:
        return line + b"\n"
    short = {key: value if not isinstance(value, str) else value[:500] for key, value in fields.items()}
    line = orjson.dumps(short, default=repr)
    if len(line) >= LINE_LIMIT:
        line = orjson.dumps({key: fields[key] for key in ("time", "level", "event")} | {"truncated": True})
    return line + b"\n"


def _write(line: bytes) -> None:
    """Drop the line when nobody reads stderr: a full pipe must not stop the server."""
    try:
        poller = select.poll()
        poller.register(2, select.POLLOUT)
        if poller.poll(0):
            os.write(2, line)
    except OSError:
        return
