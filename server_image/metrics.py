"""Counters that all processes share, and their Prometheus text; it writes no file and asks no other process.

The memory is anonymous and made before the fork: each process adds in its own slot, any process reads all of them.
"""

from __future__ import annotations

import mmap
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence

PATHS = ("/invocations", "/ping", "other")
CODES = ("200", "400", "404", "405", "408", "413", "415", "431", "500", "501", "503", "other")
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

# What a slot holds, each one a float64. Everything from _TEXTS on only ever grows.
_RECEIVED, _CLOSED, _BUSY_SINCE, _TEXTS, _STARTS, _SECONDS, _REQUESTS = range(7)
_ROWS = {path: row * len(CODES) for row, path in enumerate(PATHS)}
_COLUMNS = {code: column for column, code in enumerate(CODES)}
_OTHER_PATH, _OTHER_CODE = _ROWS["other"], _COLUMNS["other"]
_HISTOGRAM = _REQUESTS + len(PATHS) * len(CODES)
_SLOT = _HISTOGRAM + len(BUCKETS) + 1


class Metrics:
    """The shared counters. A process says once, with `take`, which slot is its own; before that it is slot 0."""

    def __init__(self, slots: int = 1) -> None:
        self._slots = slots
        self._cells = memoryview(mmap.mmap(-1, slots * _SLOT * 8)).cast("d")
        self._own = 0
        self._lock = threading.Lock()
        self._started = time.time()

    def take(self, slot: int) -> None:
        """From now on this process counts in `slot` (0 to slots - 1); what the slot measures now starts at nothing."""
        self._own = slot * _SLOT
        for cell in (_RECEIVED, _CLOSED, _BUSY_SINCE):
            self._cells[self._own + cell] = 0.0
        self._add(_STARTS, 1)

    def count_request(self, path: str, code: str, seconds: float) -> None:
        """One answer: the time is that from the request being complete to its answer being written."""
        cells, own = self._cells, self._own
        cell = own + _REQUESTS + _ROWS.get(path, _OTHER_PATH) + _COLUMNS.get(code, _OTHER_CODE)
        with self._lock:
            cells[cell] += 1
            if path == PATHS[0]:
                cells[own + _HISTOGRAM + bisect_left(BUCKETS, seconds)] += 1
                cells[own + _SECONDS] += seconds

    def count_texts(self, number: int) -> None:
        """So many texts were scored."""
        self._add(_TEXTS, number)

    def count_connection(self, *, closed: bool = False) -> None:
        """A connection came, or went."""
        self._add(_CLOSED if closed else _RECEIVED, 1)

    def busy_since(self, when: float) -> None:
        """The oldest request at work began at `when` (time.monotonic), or there is none (0)."""
        self._cells[self._own + _BUSY_SINCE] = when

    def busy_for(self, slot: int) -> float:
        """Seconds that the oldest request of that process has been at work; 0 when there is none."""
        since = self._cells[slot * _SLOT + _BUSY_SINCE]
        return max(0.0, time.monotonic() - since) if since else 0.0

    def closed_connections(self, slot: int) -> int:
        """Connections that the process of that slot has let go since it took the slot."""
        return int(self._cells[slot * _SLOT + _CLOSED])

    def render(self, labels: Sequence[str]) -> str:
        """Prometheus text format 0.0.4, summed over all processes; `labels` are the model's."""
        return "\n".join([*self._requests(), *self._latency(), *self._rest(labels)]) + "\n"

    def _add(self, cell: int, change: float) -> None:
        with self._lock:
            self._cells[self._own + cell] += change

    def _sum(self, cell: int) -> float:
        return sum(self._cells[slot * _SLOT + cell] for slot in range(self._slots))

    def _requests(self) -> list[str]:
        name = "model_server_requests_total"
        lines = [f"# HELP {name} Answers by address and status code.", f"# TYPE {name} counter"]
        for row, path in enumerate(PATHS):
            for column, code in enumerate(CODES):
                if value := self._sum(_REQUESTS + row * len(CODES) + column):
                    lines.append(f'{name}{{path="{path}",code="{code}"}} {value:.0f}')
        return lines

    def _latency(self) -> list[str]:
        name = "model_server_request_duration_seconds"
        lines = [f"# HELP {name} Seconds from a complete request to its answer, /invocations only."]
        lines.append(f"# TYPE {name} histogram")
        total = 0.0
        for index, bound in enumerate((*BUCKETS, "+Inf")):
            total += self._sum(_HISTOGRAM + index)
            lines.append(f'{name}_bucket{{le="{bound}"}} {total:.0f}')
        return [*lines, f"{name}_sum {self._sum(_SECONDS):.6f}", f"{name}_count {total:.0f}"]

    def _rest(self, labels: Sequence[str]) -> list[str]:
        busy = sum(1 for slot in range(self._slots) if self._cells[slot * _SLOT + _BUSY_SINCE])
        values = [
            ("texts_scored_total", "counter", "Texts that got a label.", self._sum(_TEXTS)),
            ("worker_starts_total", "counter", "Worker processes started, replacements too.", self._sum(_STARTS)),
            ("workers", "gauge", "Worker processes that are meant to run.", self._slots),
            ("workers_busy", "gauge", "Worker processes scoring right now.", busy),
            ("connections", "gauge", "Open connections.", self._sum(_RECEIVED) - self._sum(_CLOSED)),
            ("model_labels", "gauge", "Labels that the model tells apart.", len(labels)),
            ("start_time_seconds", "gauge", "When the server started, in seconds since 1970.", self._started),
        ]
        lines = []
        for name, kind, help_text, value in values:
            lines += [f"# HELP model_server_{name} {help_text}", f"# TYPE model_server_{name} {kind}"]
            lines.append(f"model_server_{name} {value:.0f}")
        return lines
