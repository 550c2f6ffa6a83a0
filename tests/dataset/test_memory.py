"""Reading holds the rows in memory once, and no more of a file than its rows."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

from .conftest import as_csv

MEASURE = """
import json, resource, sys
import numpy
from sentiment_cli.dataset import read
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
data = read(sys.argv[1])
grown = peak() - before
texts = sum(map(sys.getsizeof, data.texts)) + 8 * len(data.texts)
print(json.dumps({"grown": grown, "texts": texts, "rows": len(data.texts)}))
"""


def measured(path: Path) -> dict[str, int]:
    """How far reading the file made a fresh process grow, and the size of the texts in it; both in bytes."""
    done = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_rows_are_in_memory_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    padding = "lorem ipsum " * 12
    path.write_text(as_csv((f"{padding} {n % 290_000}", str(n % 2)) for n in range(300_000)))
    found = measured(path)
    assert found["rows"] == 300_000
    assert found["grown"] < 1.5 * found["texts"] + 8e6


def test_a_bomb_of_blank_rows_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    rows = as_csv((f"text {n}", str(n % 2)) for n in range(60)).encode()
    path.write_bytes(gzip.compress(rows + b"\n" * (4 << 20), 1))
    assert measured(path)["grown"] < 30e6
