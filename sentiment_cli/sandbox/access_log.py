"""The record of every request to a sandbox, a JSON object a line; it holds names, never contents or secrets."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAME = "access.log"


class AccessLog:
    """Written by many threads at once, a whole line at a time."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.regions: set[str] = set()

    def write(self, *, service: str, operation: str, region: str, **more: Any) -> None:
        """Add a line."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        first = {"time": at, "service": service, "operation": operation, "region": region}
        line = json.dumps({**first, **more}, ensure_ascii=False)
        with self._lock:
            self.counts[service] += 1
            self.regions.add(region)
            self._file.write(line + "\n")
