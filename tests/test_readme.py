"""What README says to install can be installed where its reader stands."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def installed() -> Iterator[tuple[Path, str]]:
    """(where the reader stands, what pip is to install), from a checkout on; `In X` leads into that folder for good."""
    here = ROOT
    for line in (ROOT / "README.md").read_text().splitlines():
        if into := re.search(r"\b[Ii]n `([a-z-]+)`:", line):
            here = ROOT / into[1]
        if line.startswith("pip install "):
            yield here, shlex.split(line, comments=True)[2]
        yield from ((here, each) for each in re.findall(r"add '([^']+)'", line))


def test_what_is_to_be_installed_is_there() -> None:
    found = list(installed())
    assert [here.name for here, _ in found] == [ROOT.name, ROOT.name, "my-tweets"]
    for here, requirement in found:
        name, _, extra = requirement.rstrip("]").partition("[")
        assert not extra or extra in PROJECT["optional-dependencies"]
        # By its name it is found wherever one stands, once it is installed: pip then adds what the extra names.
        assert name == PROJECT["name"] or (here / name / "pyproject.toml").is_file(), f"{requirement} in {here}"
