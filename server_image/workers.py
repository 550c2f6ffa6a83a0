"""One parent that accepts connections and a process per CPU that answers them; it knows processes, not HTTP.

A socket pair joins the parent with each process. It is also how each side learns that the other is gone: a process
whose feed ends answers what it has and exits, so a parent that dies leaves no orphans, and to stop is to end the feeds.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable

from server_image import processes
from server_image.acceptor import Acceptor
from server_image.logs import log
from server_image.metrics import Metrics
from server_image.processes import Work, Worker

STOP_SECONDS = 28.0  # SageMaker and Kubernetes kill 30 seconds after SIGTERM
START_TRIES = 5
_STEADY_SECONDS = 10.0
_GAP_SECONDS = 0.3


class CannotStart(Exception):
    """The processes do not come up; the message is a full sentence with the reason."""


class Supervisor:
    """Runs `work` in `count` processes and feeds them the connections that `acceptor` gets.

    A process that is still at one request after `hung_after` seconds is killed; one that dies is replaced.
    """

    def __init__(self, work: Work, acceptor: Acceptor, count: int, metrics: Metrics, hung_after: float) -> None:
        self._work, self._acceptor, self._count, self._metrics = work, acceptor, count, metrics
        self._hung_after = hung_after
        self._workers: dict[int, Worker] = {}
        self._due = dict.fromkeys(range(count), 0.0)  # slots without a process, and when they get one
        self._deaths: deque[float] = deque(maxlen=64)
        self._failed_starts = 0
        self._stop_signals = 0
        self._gap_until = 0.0
        self._selector = selectors.DefaultSelector()
        self._alarm, self._alarm_end = socket.socketpair()

    def run(self, on_ready: Callable[[], None]) -> None:
        """Returns after SIGTERM or SIGINT, when every request that was accepted has its answer.

        `on_ready` is called once, when all processes can answer and connections can come. Raises CannotStart, and
        OSError if the port is taken.
        """
        self._catch_signals()
        try:
            while not self._stop_signals and not self._all_started():
                self._turn()
            if not self._stop_signals:
                self._acceptor.listen()
                on_ready()
            while not self._stop_signals:
                self._watch_listener()
                self._turn()
        except (CannotStart, OSError):
            self._kill()
            raise
        self._stop()

    def _turn(self) -> None:
        """Look after everything once; waits at most half a second."""
        self._wait(0.02 if self._due else 0.5)
        self._reap()
        self._start_due()
        self._kill_hung()
        if not self._in_gap():
            self._acceptor.hand_waiting(self._takers())

    def _wait(self, seconds: float) -> None:
        # That a process is gone is heard before its clients are, who come back at once.
        found = self._selector.select(seconds)
        for key, _events in sorted(found, key=lambda pair: pair[0].fileobj is self._acceptor.listener):
            key.data()

    def _in_gap(self) -> bool:
        """A process has died and its successor is all but ready: what arrives now waits for it a moment.

        The others would get all connections of the dead one and keep them, and nothing be left for the successor.
        """
        return time.monotonic() < self._gap_until and not self._all_started()

    def _takers(self) -> list[Worker]:
        return [worker for worker in self._workers.values() if worker.takes]

    def _all_started(self) -> bool:
        return len(self._takers()) == self._count

    def _watch_listener(self) -> None:
        """Hear of new connections only while somebody can take them."""
        listener = self._acceptor.listener
        watched = listener.fileno() in self._selector.get_map()
        wanted = not self._in_gap() and self._acceptor.wants_more(self._takers())
        if wanted and not watched:
            self._selector.register(listener, selectors.EVENT_READ, self._accept)
        elif watched and not wanted:
            self._selector.unregister(listener)

    def _accept(self) -> None:
        if not self._in_gap():
            self._acceptor.accept(self._takers())

    def _start_due(self) -> None:
        now = time.monotonic()
        for slot in [slot for slot, due in self._due.items() if due <= now]:
            try:
                worker = processes.fork(slot, self._work, self._metrics, self._forget)
            except OSError as error:
                self._start_failed(slot, f"the system refuses a new process: {error.strerror}")
                continue
            del self._due[slot]
            self._workers[worker.pid] = worker
            self._selector.register(worker.feed, selectors.EVENT_READ, lambda worker=worker: self._hear(worker))

    def _hear(self, worker: Worker) -> None:
        worker.hear()
        if worker.started:
            self._failed_starts = 0
        if worker.leaving:
            self._selector.unregister(worker.feed)
            self._gap_until = time.monotonic() + _GAP_SECONDS

    def _reap(self) -> None:
        """Collect every process that has ended: as process 1 of a container, those of strangers too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if worker := self._workers.pop(pid, None):
                self._bury(worker, processes.ended(status))

    def _bury(self, worker: Worker, how: str) -> None:
        if not worker.leaving:
            self._hear(worker)
        if not worker.leaving:
            self._selector.unregister(worker.feed)
        worker.feed.close()
        if self._stop_signals:
            return
        if worker.started:
            delay = self._delay()
            if delay:
                self._gap_until = 0.0
            log("warning", "worker_died", pid=worker.pid, how=how, restart_in=delay)
            self._due[worker.slot] = time.monotonic() + delay
        else:
            self._start_failed(worker.slot, worker.last_words or how)

    def _delay(self) -> float:
        """Seconds until a process that served for a while is replaced: none, unless they keep dying."""
        now = time.monotonic()
        self._deaths.append(now)
        recent = sum(1 for death in self._deaths if now - death < _STEADY_SECONDS)
        return 0.0 if recent <= 2 * self._count else min(5.0, 0.1 * 2.0 ** (recent - 2 * self._count))

    def _start_failed(self, slot: int, reason: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= START_TRIES and not self._takers():
            raise CannotStart(f"The worker processes die at start, {self._failed_starts} times in a row: {reason}.")
        delay = min(5.0, 0.05 * 2.0**self._failed_starts)
        log("warning", "worker_cannot_start", reason=reason, restart_in=delay)
        self._due[slot] = time.monotonic() + delay

    def _kill_hung(self) -> None:
        for worker in self._takers():
            seconds = self._metrics.busy_for(worker.slot)
            if seconds > self._hung_after:
                log("error", "worker_hung", pid=worker.pid, seconds=round(seconds, 1))
                worker.leaving = True
                self._selector.unregister(worker.feed)
                os.kill(worker.pid, signal.SIGKILL)

    def _stop(self) -> None:
        """Every connection that has arrived is handed over, then every process answers what it has and leaves."""
        deadline = time.monotonic() + STOP_SECONDS
        self._acceptor.finish(self._takers())
        for worker in self._workers.values():
            worker.feed.shutdown(socket.SHUT_WR)
        while self._workers and time.monotonic() < deadline and self._stop_signals < 2:
            self._wait(0.2)
            self._reap()
        log("info", "stopped", cut_off=len(self._workers))
        self._kill()

    def _kill(self) -> None:
        for pid in list(self._workers):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._acceptor.close()

    def _forget(self) -> None:
        """A new process lets go of what is the parent's, or the parent's end would not be noticed."""
        self._acceptor.close()
        self._selector.close()
        self._alarm.close()
        self._alarm_end.close()
        for worker in self._workers.values():
            worker.feed.close()

    def _catch_signals(self) -> None:
        """SIGTERM and SIGINT stop, the second one at once; SIGCHLD only ends the wait."""
        for end in (self._alarm, self._alarm_end):
            end.setblocking(False)
        self._selector.register(self._alarm, selectors.EVENT_READ, lambda: self._alarm.recv(4096))
        signal.set_wakeup_fd(self._alarm_end.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop_signal)

    def _on_stop_signal(self, _number: int, _frame: object) -> None:
        self._stop_signals += 1
