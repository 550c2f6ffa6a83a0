"""Every process that runs a part of the tests finds the same ones: pytest-xdist ends the whole run where two differ."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_another_process_at_another_time_finds_the_same_tests(request: pytest.FixtureRequest) -> None:
    found = [item.nodeid for item in request.session.items]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *request.config.args],
        cwd=request.config.rootpath,
        env=os.environ | {"PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    there = set(done.stdout.splitlines())
    assert [name for name in found if name not in there] == []
