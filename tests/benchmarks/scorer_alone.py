"""How many texts a second the scorer takes in one process, with no server around it: scorer_alone MODEL SECONDS.

Reads texts as a JSON list from standard input, and writes {"1": texts a second one by one, "100": in batches}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.model import BATCH


def rate(model: Any, texts: Sequence[str], size: int, seconds: float) -> float:
    batches = [list(texts[first : first + size]) for first in range(0, len(texts) - size + 1, size)]
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        for batch in batches[: max(1, 500 // size)]:
            model.predict(batch)
            done += size
        batches = batches[max(1, 500 // size) :] + batches[: max(1, 500 // size)]
    return done / spent


def main() -> None:
    from server_image import artifact

    model, texts = artifact.load(Path(sys.argv[1])), json.load(sys.stdin)
    print(json.dumps({size: rate(model, texts, size, float(sys.argv[2])) for size in (1, BATCH)}))


if __name__ == "__main__":
    main()
