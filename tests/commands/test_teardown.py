"""Ways out: Ctrl-C while things are made or deleted, and `teardown` after whatever was left."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from sentiment_cli import sandbox
from sentiment_cli.commands.teardown import _show
from sentiment_cli.deployment.teardown import TornDown
from sentiment_cli.errors import PartlyDone
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import Sandbox
from tests.commands.conftest import run
from tests.commands.screen import CTRL_C, ENTER, Screen

AGAIN = "`sentiment-cli deploy --sandbox`"
REMOVE = "`sentiment-cli teardown --sandbox`"


@pytest.fixture
def box(project: Path) -> Iterator[Sandbox]:
    yield sandbox.up(project, engine="process")
    sandbox.down(project)


def deploy(project: Path, *flags: str) -> None:
    done = run("deploy", "--sandbox", "--yes", "--json", *flags, cwd=project)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verified"] is True


def teardown(project: Path, box: Sandbox) -> None:
    done = run("teardown", "--sandbox", "--yes", "--confirm", "tweets", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["remaining"] == []
    assert box.about()["resources"] == {}


def changes(box: Sandbox) -> list[str]:
    lines = map(json.loads, box.access_log.read_text().splitlines())
    return [f"{each['service']}:{each['operation']}" for each in lines if each["mutating"]]


def test_ctrl_c_while_the_endpoint_starts_says_what_there_is_and_can_be_gone_on_from(
    project: Path, box: Sandbox
) -> None:
    box.add_fault("slow-start", "sagemaker:CreateEndpoint", seconds=15)
    screen = Screen("deploy", "--sandbox", "--no-api", "--yes", cwd=project, rows=70)
    screen.wait_for("Creating")
    screen.press(CTRL_C)
    began = time.monotonic()
    assert screen.end() == 130
    assert time.monotonic() - began < 10
    for told in ("endpoint tweets-dev (creating)", "$0.056 an hour", AGAIN, REMOVE):
        assert told in " ".join(screen.text.split())
    assert "Traceback" not in screen.history
    assert "sagemaker:endpoint" in box.about()["resources"]
    deploy(project, "--no-api")
    assert changes(box).count("sagemaker:CreateEndpoint") == 1
    teardown(project, box)


def test_ctrl_c_while_something_is_written_lets_it_end(project: Path, box: Sandbox) -> None:
    box.add_fault("slow", "s3:PutObject", seconds=3)
    screen = Screen("deploy", "--sandbox", "--no-api", "--yes", cwd=project, rows=70)
    screen.wait_for("5/8 Create artifact")
    screen.press(CTRL_C)
    assert screen.end() == 130
    text = " ".join(screen.text.split())
    assert "model.tar.gz (created)" in text
    assert "Nothing of it bills by the hour." in text
    assert "sagemaker:CreateModel" not in changes(box)
    teardown(project, box)


def test_a_second_ctrl_c_leaves_at_once_and_teardown_leaves_nothing(project: Path, box: Sandbox) -> None:
    box.add_fault("slow", "s3:PutObject", seconds=15)
    screen = Screen("deploy", "--sandbox", "--no-api", "--yes", cwd=project, rows=70)
    screen.wait_for("5/8 Create artifact")
    screen.press(CTRL_C)
    screen.wait_for("Ctrl-C again leaves at once")
    screen.press(CTRL_C)
    began = time.monotonic()
    assert screen.end() == 130
    assert time.monotonic() - began < 5
    assert "Traceback" not in screen.history
    teardown(project, box)


def test_ctrl_c_while_the_answers_are_checked_says_what_there_is(project: Path, box: Sandbox) -> None:
    box.add_fault("slow", "sagemaker-runtime:InvokeEndpoint", seconds=5)
    box.add_fault("slow", "sagemakerruntime:InvokeEndpoint", seconds=5)
    screen = Screen("deploy", "--sandbox", "--no-api", "--yes", cwd=project, rows=70)
    screen.wait_for("✓ 8/8 Create endpoint")
    time.sleep(0.5)
    screen.press(CTRL_C)
    assert screen.end() == 130
    text = " ".join(screen.text.split())
    assert "endpoint tweets-dev (created)" in text
    assert "On AWS the endpoint would bill $0.056 an hour; the sandbox bills nothing." in text
    assert AGAIN in text


def test_ctrl_c_in_the_middle_of_a_teardown(project: Path, box: Sandbox) -> None:
    deploy(project, "--no-api")
    box.add_fault("slow", "sagemaker:DeleteModel", seconds=3)
    screen = Screen("teardown", "--sandbox", cwd=project, rows=70)
    screen.wait_for("for good?")
    assert "tweets-dev would bill on AWS" in " ".join(screen.text.split())
    screen.press("y", ENTER)
    screen.wait_for("Delete model")
    screen.press(CTRL_C)
    assert screen.end() == 130
    text = " ".join(screen.text.split())
    for told in ("artifact bucket tweets-dev", "Nothing of it bills by the hour.", AGAIN, REMOVE):
        assert told in text
    resources = box.about()["resources"]
    assert "sagemaker:model" not in resources  # what was being deleted was deleted
    assert "s3:bucket" in resources
    assert "Traceback" not in screen.history
    teardown(project, box)


def test_a_second_ctrl_c_in_a_teardown_leaves_at_once(project: Path, box: Sandbox) -> None:
    deploy(project, "--no-api")
    box.add_fault("slow", "sagemaker:DeleteEndpoint", seconds=15)
    screen = Screen("teardown", "--sandbox", cwd=project, rows=70)
    screen.wait_for("for good?")
    screen.press("y", ENTER)
    screen.wait_for("Delete endpoint")
    screen.press(CTRL_C)
    screen.wait_for("Ctrl-C again leaves at once")
    screen.press(CTRL_C)
    began = time.monotonic()
    assert screen.end() == 130
    assert time.monotonic() - began < 5
    teardown(project, box)


def test_the_question_before_deleting_is_answered_with_no_by_enter(project: Path, box: Sandbox) -> None:
    deploy(project, "--no-api")
    before = changes(box)
    for key, code in ((ENTER, 3), (CTRL_C, 130)):
        screen = Screen("teardown", "--sandbox", cwd=project, rows=70)
        screen.wait_for("for good?")
        screen.press(key)
        assert screen.end() == code
    assert changes(box) == before


def test_what_cannot_be_deleted_is_told_and_the_next_run_removes_it(project: Path, box: Sandbox) -> None:
    deploy(project, "--no-api")
    box.add_fault("denied", "ecr:DeleteRepository")
    done = run("teardown", "--sandbox", "--yes", "--confirm", "tweets", "--json", cwd=project)
    assert done.returncode == 6
    said = json.loads(done.stdout)["error"]
    assert "image repository" in said["what"]
    assert REMOVE in said["fix"]
    assert "sagemaker:endpoint" not in box.about()["resources"]
    teardown(project, box)


def test_a_full_disk_keeps_nobody_from_stopping_the_bill(project: Path, box: Sandbox) -> None:
    deploy(project, "--no-api")
    program = (
        "import sys\nfrom sentiment_cli.deployment import state\n"
        "def full(path, *more, **options): raise OSError(28, 'No space left on device', str(path))\n"
        "state.write_atomically = full\nfrom sentiment_cli.main import run\nsys.exit(run(sys.argv[1:]))\n"
    )
    arguments = ("teardown", "--sandbox", "--yes", "--confirm", "tweets", "--json")
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=project, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["remaining"] == []
    assert done.stderr.count("No space left on device") == 1
    assert box.about()["resources"] == {}


def test_a_ctrl_c_while_the_first_is_told_of_shows_no_traceback(project: Path) -> None:
    program = (
        "import sys\nfrom sentiment_cli.terminal.console import Terminal\n"
        "def again(*_): raise KeyboardInterrupt\n"
        "Terminal.fail = again\nsys.argv = ['sentiment-cli', 'plan', '--stage', 'Not A Stage']\n"
        "from sentiment_cli.main import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_one_thing_is_one(project: Path, box: Sandbox) -> None:
    place = {
        "endpoint_url": box.url, "aws_access_key_id": box.access_key, "aws_secret_access_key": box.secret_key,
    }  # fmt: skip
    logs = boto3.client("logs", "eu-west-1", **place)
    logs.create_log_group(logGroupName="/aws/sagemaker/Endpoints/tweets-dev")
    box.add_fault("denied", "logs:DeleteLogGroup")
    words = ("teardown", "--sandbox", "--yes")
    assert "delete this one thing for good?" in run(*words, cwd=project).stderr
    left = run(*words, "--confirm", "tweets", cwd=project)
    assert left.returncode == 6, left.stderr
    done = run(*words, "--confirm", "tweets", cwd=project)
    assert "1 thing deleted. There is nothing of tweets-dev on AWS." in done.stderr


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 thing of tweets-dev remains."), (2, "2 things of tweets-dev remain.")]
)
def test_what_remains_is_counted(number: int, said: str) -> None:
    place: Any = SimpleNamespace(names=Names("tweets", "dev", "1" * 12, "eu-west-1"), command=str)
    with pytest.raises(PartlyDone) as caught:
        _show(SimpleNamespace(), place, TornDown((), ("bucket b",) * number))  # type: ignore[arg-type]
    assert caught.value.what == said
