"""One worker process: how it is forked, what its parent knows of it, and what each says to the other."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from server_image.logs import log
from server_image.metrics import Metrics

Work = Callable[[socket.socket], None]
"""What a process does with its end of the feed: `report_ready(feed)`, serve until the feed ends, return."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_LONG_REQUEST_SECONDS = 0.2
_READY = b"\0"


def report_ready(feed: socket.socket) -> None:
    """To be called by a process when it can answer."""
    feed.sendall(_READY)


@dataclass
class Worker:
    """A process as its parent sees it; connections go to it through `feed`, and it reports back there."""

    slot: int
    pid: int
    feed: socket.socket
    metrics: Metrics
    started: bool = False
    leaving: bool = False
    handed: int = 0
    last_words: str = ""

    @property
    def takes(self) -> bool:
        """It can be handed connections."""
        return self.started and not self.leaving

    def load(self) -> tuple[bool, int]:
        """Whether it has been at one request for long, and how many connections it holds."""
        long = self.metrics.busy_for(self.slot) > _LONG_REQUEST_SECONDS
        return long, self.handed - self.metrics.closed_connections(self.slot)

    def hear(self) -> None:
        """Read what it says: that it is ready, why it is not, or nothing any more."""
        try:
            said = self.feed.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if said.startswith(_READY):
            self.started = True
        self.last_words += said.lstrip(_READY).decode(errors="replace")
        self.leaving = not said


def fork(slot: int, work: Work, metrics: Metrics, forget: Callable[[], None]) -> Worker:
    """Start a process that does `work` and counts in `slot` of `metrics`.

    In the new process `forget` closes first what only the parent may hold. Raises OSError where the system refuses.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    # Until the new process has its own handlers a signal would only reach its copy of the parent's.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        pid = os.fork()
        if pid == 0:
            forget()
            ours.close()
            metrics.take(slot)
            _live(theirs, work)
    except OSError:
        ours.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        theirs.close()
    return Worker(slot, pid, ours, metrics)


def ended(status: int) -> str:
    """A wait status in words, as part of a sentence."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _live(feed: socket.socket, work: Work) -> NoReturn:
    """The whole life of a new process; it does not return."""
    status = 1
    try:
        _own_signals(feed)
        work(feed)
        status = 0
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"[:500]
        log("error", "worker_failed", reason=reason)
        with suppress(OSError):
            feed.send(reason.encode(errors="replace"))
    finally:
        os._exit(status)


def _own_signals(feed: socket.socket) -> None:
    """SIGTERM ends the feed, as a parent does that wants a process to finish; Ctrl-C is the parent's business."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: feed.shutdown(socket.SHUT_RD))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
