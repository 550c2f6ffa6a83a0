"""A benchmark is not told of a slow build of Python where there is a quick one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks import interpreter
from tests.benchmarks.interpreter import CLEARLY, quickest


def python(folder: Path, name: str, seconds: float | str) -> Path:
    """A program that answers the probe."""
    path = folder / name
    path.write_text(f"#!/bin/sh\nprintf '%s\\n%s\\n' {seconds} {path}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def this(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This Python takes a second."""
    monkeypatch.setattr(sys, "executable", str(python(tmp_path, "this", 1.0)))


@pytest.mark.usefixtures("this")
def test_the_quickest_is_taken_if_it_is_clearly_quicker_than_this_one(tmp_path: Path) -> None:
    slow, quick = python(tmp_path, "slow", 2.0), python(tmp_path, "quick", 0.6)
    hardly, broken = python(tmp_path, "hardly", CLEARLY + 0.01), python(tmp_path, "broken", "nothing")
    assert quickest([slow, hardly, quick, python(tmp_path, "medium", 0.7), broken, tmp_path / "absent"]) == quick
    assert quickest([slow, hardly, broken]) is quickest([]) is quickest([Path(sys.executable)]) is None


def test_the_probe_can_be_asked_of_a_real_python() -> None:
    found = interpreter._probed(Path(sys.executable))
    assert found is not None
    assert found[0] > 0
    assert found[1] == sys.base_prefix
