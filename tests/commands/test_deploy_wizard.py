"""`deploy` as a person meets it in a terminal: what it asks, what it keeps of the answers, and how it lets go."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment_cli import project as projects
from sentiment_cli import sandbox
from sentiment_cli.sandbox import Sandbox
from tests.commands.conftest import in_sandbox, run
from tests.commands.screen import CTRL_C, DOWN, ENTER, Screen

BARE = 'name = "tweets" # mine\n\n[data]\npath = "data/tweets.csv"\n\n# the last word\n'
QUESTIONS = ("AWS region", "What should hold the model?", "Instance type", "Who may call the API?")
SURE = "Make these changes"


@pytest.fixture(scope="module")
def boxed(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A trained project with a sandbox that runs, for tests that create nothing in it."""
    with in_sandbox(trained, tmp_path_factory.mktemp("wizard")) as folder:
        yield folder


@pytest.fixture
def bare(boxed: Path) -> Iterator[Path]:
    """The project before anybody said where it should go."""
    (boxed / "sentiment.toml").write_text(BARE)
    yield boxed
    assert box(boxed).about()["resources"] == {}


def box(project: Path) -> Sandbox:
    found = sandbox.find(project)
    assert found is not None
    return found


def test_enter_all_the_way_keeps_every_answer_before_aws_is_asked(bare: Path) -> None:
    asked_before = len(box(bare).access_log.read_text().splitlines())
    screen = Screen("deploy", "--sandbox", cwd=bare)
    for question in QUESTIONS[:-1]:
        screen.wait_for(question)
        screen.press(ENTER)
    screen.wait_for(QUESTIONS[-1])
    lines = box(bare).access_log.read_text().splitlines()[asked_before:]
    assert {json.loads(line)["service"] for line in lines} <= {"servicequotas", "service-quotas"}
    box(bare).add_fault("slow", "sts:GetCallerIdentity", seconds=3)
    screen.press(ENTER)
    screen.wait_for("Who may call the API? API key")
    until = 50
    while "[api]" not in (bare / "sentiment.toml").read_text() and until:
        screen._read()
        until -= 1
    text = (bare / "sentiment.toml").read_text()
    assert "# mine" in text
    assert "# the last word" in text
    made = projects.load(bare)
    assert made.aws.region == "us-east-1"
    for stated in ('kind = "realtime"', 'instance_type = "ml.t2.medium"', 'auth = "api-key"'):
        assert stated in text
    screen.wait_for(SURE, 60)
    screen.press("n", ENTER)
    assert screen.end() == 3
    assert "Nothing was done." in screen.text


def test_what_was_answered_is_not_asked_again(bare: Path) -> None:
    screen = Screen("deploy", "--sandbox", cwd=bare)
    for question in QUESTIONS:
        screen.wait_for(question)
        screen.press(ENTER)
    screen.wait_for(SURE, 60)
    screen.press(CTRL_C)
    assert screen.end() == 130
    again = Screen("deploy", "--sandbox", cwd=bare)
    again.wait_for(SURE, 60)
    assert not [question for question in QUESTIONS if question in again.text]
    again.press(CTRL_C)
    assert again.end() == 130


@pytest.mark.parametrize("answered", range(len(QUESTIONS) + 1))
def test_ctrl_c_at_any_question_makes_nothing(bare: Path, answered: int) -> None:
    screen = Screen("deploy", "--sandbox", cwd=bare)
    for question in QUESTIONS[:answered]:
        screen.wait_for(question)
        screen.press(ENTER)
    screen.wait_for((*QUESTIONS, SURE)[answered], 60)
    screen.press(CTRL_C)
    assert screen.end() == 130
    assert "Traceback" not in screen.history
    if answered == len(QUESTIONS):
        assert "Nothing was created." in screen.text
    else:  # the answers are kept together, or not at all
        assert (bare / "sentiment.toml").read_text() == BARE


def test_quota_and_price_stand_beside_instance_types(bare: Path) -> None:
    screen = Screen("deploy", "--sandbox", "--region", "eu-west-1", "--endpoint", "realtime", cwd=bare)
    text = screen.wait_for("Instance type")
    line = next(each for each in screen.wait_for("ml.m5.large").splitlines() if "ml.t2.medium" in each)
    assert "vCPU" in line, text
    assert "$0.056/h" in line
    assert "quota" in line
    screen.press(CTRL_C)
    assert screen.end() == 130


def test_an_open_api_is_confirmed_and_the_default_is_no(bare: Path) -> None:
    flags = ("--region", "eu-west-1", "--endpoint", "serverless", "--memory-mb", "1024")
    screen = Screen("deploy", "--sandbox", *flags, cwd=bare)
    screen.wait_for("Who may call the API?")
    screen.press(DOWN, DOWN, ENTER)
    screen.wait_for("Leave it open?")
    screen.press(ENTER)
    screen.wait_for("API key")
    screen.press(DOWN, DOWN, ENTER)
    screen.wait_for("Leave it open?")
    screen.press("y", ENTER)
    screen.wait_for(SURE, 60)
    assert "The API will be open" in screen.text
    assert projects.load(bare).api.auth == "none"
    screen.press("n", ENTER)
    assert screen.end() == 3


def test_a_dumb_terminal_asks_in_lines(bare: Path) -> None:
    screen = Screen("deploy", "--sandbox", "--region", "eu-west-1", cwd=bare, TERM="dumb")
    screen.wait_for("Number [1]")
    screen.press("2", ENTER)
    screen.wait_for("Memory")
    screen.press(CTRL_C)
    assert screen.end() == 130
    assert "\x1b" not in screen.history


def test_without_a_terminal_everything_missing_is_told_at_once(bare: Path) -> None:
    environment = box(bare).environment()
    done = run("deploy", "--instance-type", "ml.nonsense", "--json", cwd=bare, **environment)
    assert done.returncode == 2
    said = json.loads(done.stdout)["error"]
    assert "--region" in said["what"] + said["fix"]
    assert "ml.nonsense" in said["why"]


@pytest.mark.parametrize(
    ("filed", "flags", "hourly", "source"),
    [
        ("", "--instance-count 2", 0.112, "list price"),
        ('kind = "realtime"', "--endpoint serverless", 0.0, "serverless"),
        ('kind = "realtime"', "--endpoint serverless --memory-mb 4096", 0.0, "serverless"),
        ('kind = "serverless"\nmemory_mb = 1024', "--memory-mb 6144", 0.0, "serverless"),
        ('kind = "serverless"', "--endpoint realtime --instance-type ml.m5.large", 0.115, "list price"),
    ],
)  # fmt: skip
def test_a_flag_wins_over_the_file(bare: Path, filed: str, flags: str, hourly: float, source: str) -> None:
    before = f"{BARE}[endpoint]\n{filed}\n"
    (bare / "sentiment.toml").write_text(before)
    done = run("plan", "--sandbox", "--region", "eu-west-1", "--json", *flags.split(), cwd=bare)
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout)["cost"]
    assert cost["hourly_usd"] == hourly
    assert source in cost["source"]
    assert (bare / "sentiment.toml").read_text() == before


@pytest.mark.parametrize(
    ("kind", "flags", "needed"),
    [
        ("realtime", "--memory-mb 4096", "--endpoint serverless"),
        ("serverless", "--instance-type ml.m5.large --instance-count 2", "--endpoint realtime"),
    ],
)
def test_a_flag_of_the_other_kind_names_the_flag_that_it_needs(bare: Path, kind: str, flags: str, needed: str) -> None:
    (bare / "sentiment.toml").write_text(f'{BARE}[endpoint]\nkind = "{kind}"\n')
    done = run("plan", "--sandbox", "--region", "eu-west-1", "--json", *flags.split(), cwd=bare)
    assert done.returncode == 2
    assert needed in json.loads(done.stdout)["error"]["why"]


def test_the_card_holds_a_line_for_the_shell_that_works(project: Path) -> None:
    """Pasted as it is, for each kind of protection."""
    found = sandbox.up(project, engine="process")
    try:
        for auth, fails in (("api-key", {}), ("none", {}), ("iam", {"AWS_SECRET_ACCESS_KEY": "wrong"})):
            done = run("deploy", "--sandbox", "--yes", "--api-auth", auth, cwd=project)
            assert done.returncode == 0, done.stderr
            line = done.stdout.splitlines()[-1]
            assert "Positive" in shell(line, **found.environment()), line
            if fails:
                assert "signature" in shell(line, **{**found.environment(), **fails})
    finally:
        sandbox.down(project)


def shell(line: str, **environment: str) -> str:
    """What a line prints in a shell."""
    done = subprocess.run(
        ["bash", "-c", line], env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=60
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize(("columns", "term"), [(60, "xterm-256color"), (60, "dumb"), (100, "xterm-256color")])
def test_a_plan_reads_well_in_a_narrow_terminal(bare: Path, columns: int, term: str) -> None:
    screen = Screen("plan", "--sandbox", "--region", "eu-west-1", "--endpoint", "realtime", "--instance-type",
                    "ml.m5.large", "--api-auth", "iam", cwd=bare, rows=60, columns=columns, TERM=term)  # fmt: skip
    assert screen.end() == 0
    assert "/aws/sagemaker/Endpoints/tweets-dev" in screen.text
    assert "it does not exist" in screen.text
    assert max(map(len, screen.text.splitlines())) <= columns
    assert ("\x1b" in screen.history) is (term != "dumb")


def test_nothing_in_a_pipe_moves_or_is_coloured(bare: Path) -> None:
    done = run("plan", "--sandbox", "--region", "eu-west-1", cwd=bare)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
