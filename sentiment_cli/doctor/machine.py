"""What is here: Python, packages, Docker, disk, proxies and certificates, the project and its model."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from sentiment_cli.doctor.finding import Finding, problem
from sentiment_cli.errors import SentimentError
from sentiment_cli.image.network import CA_VARIABLES, PROXY_VARIABLES
from sentiment_cli.redaction import without_secrets

LEAST_PYTHON = (3, 11)
# An image is built from about 0.2 GB of layers, and with scikit-learn of about 0.7 GB.
LEAST_DISK, GOOD_DISK = 0.5, 3.0  # GB


def examine_machine(project_dir: Path, environment: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """The checks, one after another; asking Docker may take some seconds."""
    environment = os.environ if environment is None else environment
    yield _python()
    yield _sandbox()
    yield _docker(environment)
    yield _disk(project_dir)
    yield from _network(environment)
    yield from _project(project_dir)


def _python() -> Finding:
    if sys.version_info < LEAST_PYTHON:
        return Finding("python", "problem", f"Python {platform.python_version()} is too old.", "Install 3.11 or later.")
    return Finding("python", "ok", f"Python {platform.python_version()}; the image gets the same.")


def _sandbox() -> Finding:
    if find_spec("moto") is None:
        fix = "pip install 'sentiment-cli[sandbox]'"
        return Finding("sandbox", "warning", "What --sandbox needs is not installed.", fix)
    return Finding("sandbox", "ok", "What --sandbox needs is installed.")


def _docker(environment: Mapping[str, str]) -> Finding:
    from sentiment_cli.clients.docker import connect

    try:
        return Finding("docker", "ok", f"{connect(environment).name} answers.")
    except SentimentError as error:  # absent, stopped and denied each say so
        return problem("docker", error)


def _disk(project_dir: Path) -> Finding:
    free = shutil.disk_usage(project_dir if project_dir.exists() else Path()).free / 1e9
    status = "problem" if free < LEAST_DISK else "warning" if free < GOOD_DISK else "ok"
    fix = "" if status == "ok" else f"Make room: {GOOD_DISK:.0f} GB are enough for images and models."
    return Finding("disk", status, f"{free:.1f} GB are free.", fix)  # type: ignore[arg-type]


def _network(environment: Mapping[str, str]) -> Iterator[Finding]:
    proxies = {name: environment.get(name) or environment.get(name.lower()) for name in PROXY_VARIABLES}
    told = ", ".join(f"{name}={without_secrets(_address(value))}" for name, value in proxies.items() if value)
    yield Finding("proxy", "ok", told or "No proxy is set.")
    for name in CA_VARIABLES:
        place = environment.get(name)
        if place and not Path(place).expanduser().exists():
            fix = f"Correct {name}, or unset it."
            yield Finding("certificates", "problem", f"{name} names {place}, which does not exist.", fix)
        elif place:
            yield Finding("certificates", "ok", f"{name} is {place}.")


def _address(proxy: str) -> str:
    """With the slashes that tell an address: a password may stand in one without a scheme, too."""
    return f"//{proxy}" if "@" in proxy and "//" not in proxy else proxy


def _project(project_dir: Path) -> Iterator[Finding]:
    from sentiment_cli import project as projects
    from sentiment_cli.deployment import manifest

    try:
        project = projects.load(project_dir)
    except SentimentError as error:
        yield problem("project", error)
        return
    yield Finding("project", "ok", f"{project.name} in {project_dir.resolve()}.")
    archive = project_dir / projects.ARTIFACT
    if not archive.exists():
        yield Finding("model", "warning", "There is no trained model yet.", "Run `sentiment-cli train`.")
        return
    try:
        accuracy = (manifest.read(archive).get("metrics") or {}).get("accuracy")
    except SentimentError as error:
        yield problem("model", error)
        return
    yield Finding("model", "ok", f"Accuracy {accuracy:.3f}." if accuracy is not None else "Accuracy not measured.")
