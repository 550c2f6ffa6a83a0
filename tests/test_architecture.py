"""Who may import whom, held by reading the imports; and the heavy ones stay out of the way of `--help`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "sentiment_cli").rglob("*.py"))
HEAVY = {
    "boto3",
    "botocore",
    "docker",
    "sklearn",
    "numpy",
    "scipy",
    "matplotlib",
    "moto",
    "pyarrow",
    "pandas",
    "joblib",
}

# package -> the only places (relative to sentiment_cli) that may import it
ONLY_IN = {
    "typer": ("main.py", "commands/", "help.py"),
    "rich": ("terminal/",),
    "questionary": ("terminal/",),
    "prompt_toolkit": ("terminal/",),
    "docker": ("clients/docker.py", "clients/docker_engine.py"),
    "boto3": ("clients/", "resources/", "sandbox/"),
    "botocore": ("clients/", "resources/", "sandbox/"),
    "chalice": ("clients/chalice_program.py",),
    "moto": ("sandbox/",),
    "jinja2": ("scaffold.py",),
    "tomlkit": ("project.py", "scaffold.py"),
}

# layers from the top; a module may import its own layer and those below
LAYERS = (("main",), ("commands",), None, ("resources",), ("image",), ("clients",))
COMMON = {"allowed", "errors", "events", "files", "misfit", "project", "redaction", "__init__"}
SERVER_PARTS_FOR_THE_CLI = {"server_image.artifact", "server_image.scorer", "server_image.model", "server_image.tokens"}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """(module, column) of every import; column 0 is the top level of the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.col_offset) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.col_offset
            yield from ((f"{node.module}.{alias.name}", node.col_offset) for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(ROOT / "sentiment_cli").as_posix()


def layer(name: str) -> int:
    for number, names in enumerate(LAYERS):
        if names is not None and name in names:
            return number
    return LAYERS.index(None)


@pytest.mark.parametrize("path", SOURCES, ids=room)
def test_third_party_packages_stay_in_their_room(path: Path) -> None:
    for module, _ in imports(path):
        allowed = ONLY_IN.get(module.split(".")[0])
        assert allowed is None or room(path).startswith(allowed), f"{room(path)} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=room)
def test_imports_point_downwards(path: Path) -> None:
    own = room(path).split("/")[0].removesuffix(".py")
    if own in ("__main__",):
        return
    for module, _ in imports(path):
        parts = module.split(".")
        if parts[0] != "sentiment_cli" or len(parts) < 2 or parts[1] in COMMON or parts[1].startswith("__"):
            continue
        if own in COMMON:
            assert parts[1] in COMMON, f"{room(path)} is for everyone and imports {module}"
        elif (ROOT / "sentiment_cli" / parts[1]).exists() or (ROOT / "sentiment_cli" / f"{parts[1]}.py").exists():
            assert layer(own) <= layer(parts[1]), f"{room(path)} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=room)
def test_of_the_server_the_cli_takes_only_the_artifact_and_the_scorer(path: Path) -> None:
    for module, _ in imports(path):
        if module.startswith("server_image."):
            assert any(module == each or module.startswith(each + ".") for each in SERVER_PARTS_FOR_THE_CLI), module


@pytest.mark.parametrize("path", sorted((ROOT / "server_image").rglob("*.py")), ids=lambda path: path.name)
def test_the_server_imports_nothing_of_the_cli(path: Path) -> None:
    assert not [module for module, _ in imports(path) if module.split(".")[0] == "sentiment_cli"]


def test_help_imports_nothing_heavy_and_opens_no_connection() -> None:
    code = f"""
import socket, sys
def refuse(*args, **kwargs): raise AssertionError("a connection was opened")
socket.socket.connect = refuse
from sentiment_cli.main import run
assert run(["--help"]) == 0 and run(["train", "--help"]) == 0
loaded = sorted(set({sorted(HEAVY)!r}) & set(sys.modules))
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
