"""What tests share: a Docker engine and a browser where there are any, and a clean place to run commands in."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import rotation

# The commands that tests start, hundreds of them, would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What was started in the background of a shell ignores SIGINT, and so would all that tests start to interrupt it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """So that a failure in a part of many cases can be had again."""
    return f"samples: {rotation.told()}"


def _required(variable: str) -> bool:
    return os.environ.get(variable) == "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests out that take minutes, where nobody asks for them."""
    if _required("THOROUGH"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes run the tests, a file stays in one of them; all that use Docker in the same one, for they
    share its images."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            source = (config.rootpath / file).read_text(encoding="utf-8")
            return "docker" if "mark.docker" in source or "docker_engine" in source else file

    return ByFile(config, log)


PACKAGE = "awscli>=1.40,<2"
UNREACHABLE = ("NewConnectionError", "ConnectTimeout", "Temporary failure in name resolution", "ReadTimeout")


@pytest.fixture(scope="session")
def aws_cli(pytestconfig: pytest.Config) -> Path:
    """Amazon's own command line. It pins botocore, so it gets an environment of its own, which is made once and kept in
    pytest's cache."""
    cache = pytestconfig.cache
    assert cache is not None
    folder = Path(cache.mkdir("awscli")) / f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = folder / "bin" / "aws"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:  # another process of this run may be making it
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_aws_cli(folder, found)
    return found


def _install_aws_cli(folder: Path, found: Path) -> None:
    if not found.exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--retries", "1", PACKAGE]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if any(each in done.stderr for each in UNREACHABLE):
            pytest.skip("PyPI is not reachable, and the AWS CLI is not in pytest's cache")
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def docker_engine() -> Any:
    """A docker client that answers; without an engine the test is skipped, or fails where REQUIRE_DOCKER=1."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except DockerException as error:
        if _required("REQUIRE_DOCKER"):
            pytest.fail(f"REQUIRE_DOCKER=1, but no Docker engine answers: {error}")
        pytest.skip("no Docker engine answers")
    return client


@pytest.fixture(scope="session")
def process_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A sandbox that runs endpoints as processes: quick, and no Docker engine is needed."""
    from sentiment_cli import sandbox

    project = tmp_path_factory.mktemp("process-sandbox")
    yield sandbox.up(project, engine="process")
    sandbox.down(project)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Headless Chromium through selenium; without one the test is skipped, or fails where REQUIRE_BROWSER=1."""
    binary = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        if _required("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER=1, but chromium and chromedriver are not on PATH")
        pytest.skip("chromium and chromedriver are not on PATH")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'chromium'}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the developer's own settings, credentials or AWS files, and none can reach AWS by accident."""
    for name in list(os.environ):
        ours = name.startswith(("SENTIMENT_", "AWS_", "MODEL_SERVER_")) and name != "AWS_CA_BUNDLE"
        if ours or name in ("COLUMNS", "LINES"):
            monkeypatch.delenv(name)
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-configuration"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
