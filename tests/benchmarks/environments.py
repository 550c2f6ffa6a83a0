"""A virtual environment for each peer, of exactly what its requirements.txt says; made once and kept in .cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.running import CannotRun, Place
from tests.benchmarks.servers import PEERS, Server

PATIENCE = 600  # seconds


def prepare(server: Server, place: Place) -> None:
    """Make what `server` needs, if it is not there yet. Raises CannotRun."""
    if server.folder is None:
        return
    if server.own_environment:
        _install(server, place.environments)
    recipe, prepared = PEERS / server.folder / "prepare.py", place.prepared(server)
    if recipe.exists() and not prepared.exists():
        python = server.python(place.environments)
        _run([python, str(recipe), str(prepared)], {**os.environ, "MODEL": str(place.model)})


def _install(server: Server, environments: Path) -> None:
    wanted, home = PEERS / str(server.folder) / "requirements.txt", environments / server.name
    done, made_of = home / "made-of", f"{sys.version} of {sys.base_prefix}\n{wanted.read_text()}"
    if done.exists() and done.read_text() == made_of:
        return
    print(f"installing {server.title}", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    uv = [sys.executable, "-m", "uv"]
    _run([*uv, "venv", "--quiet", "--python", sys.executable, str(home)])
    # Bytecode as pip would leave it; without it the first start would be a slow one.
    _run(
        [
            *uv,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            server.python(environments),
            "-r",
            str(wanted),
        ]
    )
    done.write_text(made_of)


def versions(server: Server) -> dict[str, str]:
    """Of the packages that matter for it."""
    if not server.own_environment:
        return {name: version(name) for name in server.packages}
    found = {}
    for line in (PEERS / str(server.folder) / "requirements.txt").read_text().splitlines():
        name, _, number = line.partition("==")
        if name in server.packages:
            found[name] = number
    return found


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"It could not be installed: {error}") from error
    if done.returncode:
        raise CannotRun(f"It could not be installed: {done.stderr[-400:]}")
