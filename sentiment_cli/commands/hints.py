"""How to type another command: pasted from a message, it means the same project, and on AWS the same place."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sentiment_cli.errors import SentimentError

WHAT = ("endpoint", "instance_type", "instance_count", "memory_mb", "api_auth", "no_api", "expires_in")
OF_A_POLICY = ("api_auth",)
PLACE = ("stage", "region", "profile", "sandbox")
NAMED = re.compile(r"`(sentiment-cli [^`]*)`")
OF_A_DEPLOYMENT = re.compile(r"sentiment-cli (?:plan|deploy)\b")
OF_A_PLACE = re.compile(r"sentiment-cli (?:plan|deploy|teardown|status|logs|rollback|policy)\b")


def place_flags(
    stage: str | None, region: str | None = None, profile: str | None = None, sandbox: bool | None = False
) -> str:
    """What to type after another command to mean the same place; region and profile only where they were given."""
    said = {"stage": None if stage == "dev" else stage, "region": region, "profile": None if sandbox else profile}
    flags = "".join(f" --{name} {shlex.quote(value)}" for name, value in said.items() if value)
    return flags + (" --sandbox" if sandbox else "")


def what_flags(values: Mapping[str, Any], names: Sequence[str] = WHAT) -> str:
    """What to type after `plan` or `deploy` to mean the same deployment: those of `values` (parameters) that decide it
    and were given. Without them the next one would be made as sentiment.toml says."""
    said = ((name, values.get(name)) for name in names)
    return "".join(_flag(name, value) for name, value in said if value is not None and value is not False)


def _flag(name: str, value: Any) -> str:
    flag = f" --{name.replace('_', '-')}"
    return flag if value is True else f"{flag} {shlex.quote(str(value))}"


def folder_flag(folder: Path, sources: Mapping[str, str]) -> str:
    """What to type after another command to mean the same project: nothing, where it would be found without."""
    return f" -C {shlex.quote(str(folder))}" if sources.get("project_dir") == "flag" else ""


def complete(error: SentimentError, folder: str, values: Mapping[str, Any]) -> None:
    """Let the commands that an error of a command names be those for its project and, where its parameters `values`
    have one, its place: pasted, they must not mean another stage, or AWS itself."""
    place = place_flags(**{name: values.get(name) for name in PLACE}) if "sandbox" in values else ""

    def whole(found: re.Match[str]) -> str:
        command: str = found[1]
        what = WHAT if OF_A_DEPLOYMENT.match(command) else OF_A_POLICY if "policy" in command.split()[1:2] else ()
        for flags in (folder, place if OF_A_PLACE.match(command) else "", what_flags(values, what)):
            if not set(flags.split()) <= set(command.split()):
                command += flags
        return f"`{command}`"

    error.why, error.fix = (NAMED.sub(whole, text) for text in (error.why, error.fix))
