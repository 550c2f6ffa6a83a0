"""Where secrets may be, and where they are not: arguments, logs, records and errors hold none; the API key shows once.

The tests of this file share one deployment and go on where the one before ended.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sentiment_cli import sandbox
from sentiment_cli.sandbox import Sandbox
from tests.commands.conftest import Done, run

KEPT = ".sentiment/sandbox/sandbox.json"  # the one file that has to hold the sandbox's own secret


@dataclass
class Stage:
    """A project with a sandbox, and what was seen of its first deployment."""

    project: Path
    box: Sandbox
    key: str = ""
    arguments: set[bytes] = field(default_factory=set)

    def run(self, *arguments: str) -> Done:
        return run(*arguments, "--sandbox", cwd=self.project)


@pytest.fixture(scope="module")
def stage(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    project = Path(shutil.copytree(trained, tmp_path_factory.mktemp("secrets") / "tweets"))
    yield Stage(project, sandbox.up(project, engine="process"))
    sandbox.down(project)


class Watch:
    """Gathers the arguments of every process of this machine while it is open."""

    def __init__(self, seen: set[bytes]) -> None:
        self._seen, self._done = seen, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for entry in os.scandir("/proc"):
                if entry.name.isdigit():
                    self._look(Path(entry.path) / "cmdline")

    def _look(self, path: Path) -> None:
        try:
            self._seen.add(path.read_bytes())
        except OSError:
            return


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads /proc")
def test_no_process_is_started_with_a_secret_among_its_arguments(stage: Stage) -> None:
    with Watch(stage.arguments):
        done = stage.run("deploy", "--yes", "--verbose", "--debug")
    assert done.returncode == 0, done.stderr
    stage.key = json.loads(stage.run("deploy", "--yes", "--json").stdout)["api"]["key"]
    assert f'"x-api-key: {stage.key}"' in done.stdout
    assert len(stage.key) >= 20
    assert len(stage.box.secret_key) >= 20
    for program in (b"chalice", b"server_image", b"gateway/runtime.py", b"sentiment_cli.sandbox"):
        assert any(program in each for each in stage.arguments), program
    for each in stage.arguments:
        assert stage.key.encode() not in each
        assert stage.box.secret_key.encode() not in each
    assert stage.key not in done.stderr
    assert stage.box.secret_key not in done.stdout + done.stderr


def test_the_api_key_is_shown_when_it_is_new_and_when_asked_for(stage: Stage) -> None:
    again = stage.run("deploy", "--yes")
    assert stage.key not in again.stdout + again.stderr
    assert '"x-api-key: $API_KEY"' in again.stdout
    assert "deploy --show-key --sandbox" in again.stdout
    assert f'"x-api-key: {stage.key}"' in stage.run("deploy", "--yes", "--show-key").stdout


def test_with_json_the_api_key_is_in_the_object_and_nowhere_else(stage: Stage) -> None:
    done = stage.run("deploy", "--yes", "--json", "--show-key")
    assert json.loads(done.stdout)["api"]["key"] == stage.key
    assert stage.key not in done.stderr


@pytest.mark.parametrize("command", ["status", "plan", "logs"])
@pytest.mark.parametrize("flags", [(), ("--json", "--verbose", "--debug")], ids=["for people", "for scripts"])
def test_no_other_command_shows_a_secret(stage: Stage, command: str, flags: tuple[str, ...]) -> None:
    done = stage.run(command, *flags)
    assert done.returncode == 0, done.stderr
    for secret in (stage.key, stage.box.secret_key):
        assert secret not in done.stdout + done.stderr


def test_no_file_holds_a_secret(stage: Stage) -> None:
    stage.run("invoke", "--target", "api", "never again")
    files = [path for path in stage.project.rglob("*") if path.is_file()]
    assert {"access.log", "state.json", "sandbox.log"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert stage.key.encode() not in content, path
        assert stage.box.secret_key.encode() not in content or path == stage.project / KEPT, path


def test_records_are_for_this_user_alone(stage: Stage) -> None:
    """Whoever else has an account on this machine reads none of them, and not their names either."""
    home = stage.project / ".sentiment"
    for path in [*home.rglob("state.json"), *home.rglob("sandbox.json"), *home.rglob("access.log")]:
        folders = [each for each in path.parents if home in each.parents]
        closed = any(stat.S_IMODE(each.stat().st_mode) & 0o077 == 0 for each in folders)
        assert closed, path
        if path.suffix == ".json":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


CREDENTIALS = {
    "a presigned address": "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIDEXAMPLE&X-Amz-Signature={}&X-Amz-Expires=9",
    "a token in an address": "https://b.s3.amazonaws.com/k?X-Amz-Security-Token={}%3D%3D",
    "an older presigned address": "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIDEXAMPLE&Signature={}",
    "a signed header": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/s3/aws4_request, Signature={}",
    "a header": "{{'x-amz-security-token': '{}'}}",
    "bytes of a header": "{{'X-Amz-Security-Token': b'{}'}}",
    "an API key": '-H "x-api-key: {}"',
    "basic authorization": "Authorization: Basic {}",
    "an authorization": "{{'Authorization': 'Bearer {}'}}",
    "a proxy with a password": "Cannot connect to proxy http://me:{}@proxy.example:3128",
    "a setting": "AWS_SECRET_ACCESS_KEY={}",
    "an answer of STS": '{{"SecretAccessKey": "{}"}}',
}
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
FAIL = """
import sys
from sentiment_cli import commands, main
def broken(*_):
    try:
        raise ConnectionError(sys.argv[1])
    except ConnectionError as cause:
        raise RuntimeError(sys.argv[1]) from cause
main._run = broken
sys.exit(main.run(sys.argv[2:]))
"""


@pytest.mark.parametrize("text", CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_an_unexpected_error_is_told_and_logged_without_credentials(text: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAIL, text.format(SECRET), "plan", "--json", "--debug"],
        env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    [log] = tmp_path.glob("sentiment-cli-*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "RuntimeError" in log.read_text()
    assert "RuntimeError" in json.loads(done.stdout)["error"]["what"]
    for said in (done.stdout, done.stderr, log.read_text()):
        assert SECRET not in said
        assert SECRET.rpartition("/")[2] not in said
