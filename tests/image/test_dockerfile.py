"""What hadolint says about the Dockerfile, and that it says anything at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DOCKERFILE = Path(__file__).parents[2] / "server_image/Dockerfile"
HADOLINT = Path(sys.executable).with_name("hadolint")
# DL3003: a folder that is needed for one step is no place to work in. SC1007: it is meant to be empty.
IGNORED = ("DL3003", "SC1007")


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    ignored = [f"--ignore={rule}" for rule in IGNORED]
    return subprocess.run([HADOLINT, "--no-color", *ignored, path], capture_output=True, text=True, check=False)


def test_hadolint_has_nothing_to_say() -> None:
    done = lint(DOCKERFILE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_hadolint_would_say_it(tmp_path: Path) -> None:
    worse = tmp_path / "Dockerfile"
    worse.write_text(DOCKERFILE.read_text() + "FROM python:latest\nRUN pip install falcon\nCMD serve\n")
    done = lint(worse)
    assert done.returncode != 0
    assert {"DL3007", "DL3013", "DL3025"} <= {word for word in done.stdout.split() if word.startswith("DL")}
