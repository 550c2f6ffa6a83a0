"""The two images, built once for all tests, and commands run in them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from platform import python_version
from typing import Any

import pytest

from sentiment_cli.clients.docker import Engine, connect
from sentiment_cli.events import ignore
from sentiment_cli.image import Recipe, recipe
from sentiment_cli.image.building import build

LIBRARIES = {name: version(name) for name in ("scikit-learn", "numpy", "scipy", "joblib")}
Run = Callable[..., str]


@pytest.fixture(scope="session")
def engine(docker_engine: Any) -> Engine:
    """The product's own client, where there is an engine."""
    return connect()


@pytest.fixture(scope="session")
def compiled(engine: Engine) -> Recipe:
    """The image for a compiled model, built."""
    return _built(engine, compiled=True)


@pytest.fixture(scope="session")
def pickled(engine: Engine) -> Recipe:
    """The image for a model that has to be unpickled, built."""
    return _built(engine, compiled=False)


@pytest.fixture
def run(docker_engine: Any) -> Run:
    """Runs a command in an image and returns what it prints."""

    def in_image(image: Recipe, *command: str, **options: Any) -> str:
        output: bytes = docker_engine.containers.run(
            image.name, list(command), remove=True, network_mode="none", **options
        )
        return output.decode().strip()

    return in_image


def _built(engine: Engine, *, compiled: bool) -> Recipe:
    wanted = recipe({"python": python_version(), "compiled": compiled, "libraries": LIBRARIES})
    build(engine, wanted, ignore)
    return wanted
