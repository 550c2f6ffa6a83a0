"""The wheel holds all that the checkout holds, and works in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def sources(folder: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a clean environment with nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", wheel], check=True, capture_output=True)
    return folder / "bin"


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_wheel_holds_exactly_the_sources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    templates = {f"sentiment_cli/{name}" for name in sources("templates")}
    assert held == sources("sentiment_cli") | sources("server_image") | templates
    assert "server_image/Dockerfile" in held
    assert "server_image/.dockerignore" in held
    assert "sentiment_cli/templates/project/.gitignore" in held


@pytest.mark.slow
def test_the_wheel_works_in_a_clean_environment(installed: Path, tmp_path: Path) -> None:
    program = installed / "sentiment-cli"
    done = run(program, "init", "p", "--data", "sample", "--region", "us-east-1", "--no-input", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run(program, "train", "--no-input", cwd=tmp_path / "p")
    assert done.returncode == 0, done.stderr
    started = run(program, "serve-local", "--engine", "process", "--detach", "--port", "0", cwd=tmp_path / "p")
    try:
        assert started.returncode == 0, started.stderr
        done = run(program, "invoke", "what a lovely day", cwd=tmp_path / "p")
        assert done.returncode == 0, done.stderr
        assert "Positive" in done.stdout
    finally:
        run(program, "serve-local", "--stop", cwd=tmp_path / "p")
