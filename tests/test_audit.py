"""What the audit of the dependencies makes of what it hears."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.machine.audit import ASK, FILES, HOME, main

GOOD = {"name": "falcon", "version": "4.0", "vulns": []}
BAD = {"name": "waitress", "version": "1.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
UNKNOWN = {"name": "orjson", "skip_reason": "not found"}


def audit(*packages: dict[str, Any]) -> int:
    said = json.dumps({"dependencies": packages})
    return main([sys.executable, "-c", f"print({said!r})"], ["a.txt"])


@pytest.mark.parametrize(
    ("packages", "code", "told"),
    [
        ([GOOD, UNKNOWN], 0, "nothing known against 1 of 2 packages"),
        ([GOOD, BAD, UNKNOWN], 1, "waitress 1.0 has PYSEC-1, PYSEC-2"),
        ([UNKNOWN], 0, "not audited, for the service knows none of its 1 packages"),
    ],
)
def test_a_vulnerability_fails_and_not_knowing_is_told(
    packages: list[dict[str, Any]], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(*packages) == code
    assert told in capsys.readouterr().out


def test_no_service_is_told_and_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([sys.executable, "-c", "import sys; sys.exit('ConnectionError')"], ["a.txt"]) == 0
    assert "no service answered" in capsys.readouterr().out


def test_its_program_and_its_files_are_there() -> None:
    assert subprocess.run([ASK[0], "--version"], capture_output=True, check=True).stdout.startswith(b"pip-audit")
    assert all((HOME / name).is_file() for name in FILES)
