"""The image's name follows from its content."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.errors import InputError
from sentiment_cli.image import recipe

ROOT = Path(__file__).parent.parent.parent
COMPILED: dict[str, Any] = {"python": "3.11.7", "compiled": True, "libraries": {"scikit-learn": "1.5.2"}}
PICKLED = {**COMPILED, "compiled": False}


def pins(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_same_content_has_the_same_name() -> None:
    assert recipe(COMPILED).name == recipe({**COMPILED, "python": "3.11.2", "metrics": {"accuracy": 1}}).name
    assert re.fullmatch(r"sentiment-server:[0-9a-f]{16}", recipe(COMPILED).name)


@pytest.mark.parametrize(
    "other",
    [{**COMPILED, "python": "3.12.1"}, PICKLED, {**PICKLED, "libraries": {"scikit-learn": "1.6.0"}}],
    ids=["python", "target", "versions"],
)
def test_other_content_has_another_name(other: dict[str, Any]) -> None:
    assert len({recipe(COMPILED).name, recipe(PICKLED).name, recipe(other).name}) >= 2
    assert recipe(other).name not in {recipe(each).name for each in (COMPILED, PICKLED) if each != other}


def test_a_changed_file_or_platform_changes_the_name() -> None:
    made = recipe(COMPILED)

    assert made.tag != replace(made, files={**made.files, "app.py": b"other"}).tag
    assert made.tag != recipe(COMPILED, platform="linux/arm64").tag


def test_scikit_learn_goes_only_into_the_image_that_needs_it() -> None:
    assert recipe(COMPILED).target == "server"
    assert not any("scikit-learn==" in content.decode() for content in recipe(COMPILED).files.values())
    assert recipe(PICKLED).target == "server-sklearn"


def test_a_pickled_model_gets_the_versions_it_was_trained_with() -> None:
    libraries = {"scikit-learn": "1.5.2", "numpy": "1.26.4", "scipy": "1.13.1", "joblib": "1.4.2"}

    wanted = pins(recipe({**PICKLED, "libraries": libraries}).files["requirements-sklearn.txt"].decode())

    assert {f"{name}=={version}" for name, version in libraries.items()} <= set(wanted)
    assert len(wanted) == len({line.split("==")[0] for line in wanted}), "a package is pinned twice"
    assert any(line.startswith("threadpoolctl==") for line in wanted)


@pytest.mark.parametrize(
    "broken",
    [
        {"python": "3"},
        {"python": None},
        {"libraries": {"numpy": "1.0\n--index-url http://evil"}},
        {"libraries": {"--index-url http://evil #": "1"}},
        {"libraries": {"numpy": ""}},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="No image can be made"):
        recipe({**PICKLED, **broken})


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-sklearn.txt"])
def test_the_image_has_the_versions_that_are_developed_with(name: str) -> None:
    locked = (ROOT / "requirements-dev.lock").read_text()

    for pin in pins((ROOT / "server_image" / name).read_text()):
        package = pin.split(";")[0].strip()
        assert re.search(rf"^{re.escape(package)} ", locked, re.MULTILINE), f"{package} is not what the lock has"
