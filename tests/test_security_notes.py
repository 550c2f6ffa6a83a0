"""docs/security.md names tests: every one of them exists, and no row is without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HOME = Path(__file__).parents[1]
NOTES = (HOME / "docs/security.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+/?test_\w+\.py|tests/test_\w+\.py)::(test_\w+)`")


def names_in(path: Path) -> set[str]:
    """What pytest would collect from that file; reading it is enough, and quicker than importing all it needs."""
    body = ast.parse(path.read_text()).body
    return {each.name for each in body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")}


def test_every_named_test_exists() -> None:
    named = NAMED.findall(NOTES)
    assert len(named) == NOTES.count(".py::") > 30
    assert [(file, name) for file, name in named if name not in names_in(HOME / file)] == []


def test_every_threat_has_a_test() -> None:
    rows = [line for line in NOTES.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
    assert len(rows) > 20
    assert [row for row in rows if not NAMED.search(row)] == []
