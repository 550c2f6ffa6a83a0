"""Asks PyPI whether known vulnerabilities are in what is developed with and in what the image holds.

Where no service tells, that is said and is no failure; a vulnerability that was found is one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[2]
FILES = ("requirements-dev.lock", "server_image/requirements.txt", "server_image/requirements-sklearn.txt")
ASK = [
    str(Path(sys.executable).with_name("pip-audit")), "--no-deps", "--disable-pip", "--format", "json",
    "--progress-spinner", "off", "--timeout", "10",
]  # fmt: skip


def main(ask: Sequence[str] = ASK, files: Sequence[str] = FILES) -> int:
    """The exit code: 1 if anything vulnerable was found."""
    return max(_audit(ask, name) for name in files)


def _audit(ask: Sequence[str], name: str) -> int:
    try:
        done = subprocess.run([*ask, "-r", str(HOME / name)], capture_output=True, text=True, check=False, timeout=120)
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        print(f"{name}: not audited, for no service answered.")
        return 0
    asked = [each for each in found if "skip_reason" not in each]
    bad = [each for each in asked if each["vulns"]]
    for each in bad:
        print(f"{name}: {each['name']} {each['version']} has {_named(each)}.")
    if not asked:
        print(f"{name}: not audited, for the service knows none of its {len(found)} packages.")
    elif not bad:
        print(f"{name}: nothing known against {len(asked)} of {len(found)} packages.")
    return 1 if bad else 0


def _named(package: dict[str, Any]) -> str:
    return ", ".join(str(each["id"]) for each in package["vulns"])


if __name__ == "__main__":
    sys.exit(main())
