"""`init` as a person meets it: in a terminal, in a pipe, with Ctrl-C, twice in a row."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import project
from sentiment_cli.wizard import init_questions
from tests.commands.conftest import run
from tests.commands.screen import CTRL_C, DOWN, ENTER, Screen

ROOT = Path(__file__).parents[2]
QUESTIONS = ("Project name", "Labelled texts", "AWS region", "What should hold", "Instance type", "Who may call")
FLAGS = ("--data", "sample", "--region", "eu-west-1", "--no-input")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_enter_all_the_way_through_makes_a_project(tmp_path: Path) -> None:
    screen = Screen("init", "tweets", cwd=tmp_path)
    for question in QUESTIONS:
        screen.wait_for(question)
        screen.press(ENTER)
    screen.wait_for("Write these files?")
    assert not (tmp_path / "tweets").exists()
    screen.press(ENTER)
    assert screen.end() == 0
    made = project.load(tmp_path / "tweets")
    assert (made.name, made.aws.region, made.endpoint.instance_type) == ("tweets", "us-east-1", "ml.t2.medium")
    assert {"sentiment.toml", "data/tweets.csv", ".gitignore", "api/app.py"} <= set(files(tmp_path / "tweets"))


@pytest.mark.parametrize("asked_before", range(len(QUESTIONS) + 1))
def test_ctrl_c_at_any_prompt_leaves_nothing_behind(tmp_path: Path, asked_before: int) -> None:
    screen = Screen("init", "tweets", cwd=tmp_path)
    for question in QUESTIONS[:asked_before]:
        screen.wait_for(question)
        screen.press(ENTER)
    screen.wait_for((*QUESTIONS, "Write these files?")[asked_before])
    screen.press(CTRL_C)
    assert screen.end() == 130
    assert "Traceback" not in screen.history
    assert files(tmp_path) == {}


def test_prices_and_places_stand_beside_the_choices(tmp_path: Path) -> None:
    screen = Screen("init", "--data", "sample", "--name", "t", cwd=tmp_path)
    assert "Ireland" in screen.wait_for("eu-west-1")
    screen.press(ENTER)
    assert "$41 a month" in screen.wait_for("Serverless")
    screen.press(ENTER)
    assert "$0.056/h" in screen.wait_for("ml.t2.medium")
    screen.press(CTRL_C)
    screen.end()


def test_own_data_is_looked_at_and_the_labels_are_asked_for(tmp_path: Path) -> None:
    with (tmp_path / "mine.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["tweet", "feeling"])
        writer.writerows([[f"so {word} today number {n}", label] for n in range(30)
                          for word, label in (("lovely", "yay"), ("awful", "nay"))])  # fmt: skip
    screen = Screen("init", "--name", "t", "--region", "eu-west-1", cwd=tmp_path)
    screen.wait_for("Labelled texts")
    screen.press(DOWN, DOWN, ENTER)
    screen.wait_for("A file of mine:")
    screen.press(*"mine.csv", ENTER)
    assert "so lovely today" in screen.wait_for("Which column holds the texts?")
    screen.press(ENTER)
    screen.wait_for("Which column holds the labels?")
    screen.press(ENTER)
    assert "so awful today" in screen.wait_for("Which label means positive?")
    screen.press(DOWN, ENTER)
    for question in ("What should hold", "Instance type", "Who may call", "Write these files?"):
        screen.wait_for(question)
        screen.press(ENTER)
    assert screen.end() == 0
    data = project.load(tmp_path).data
    assert (data.path, data.text_column, data.label_column, data.positive) == ("mine.csv", "tweet", "feeling", "yay")


def test_labels_without_a_positive_one_are_not_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "days.csv"
    data.write_text("text,label\n" + "a lovely day,sun\nan awful mess,rain\n" * 20)
    done = run(
        "init", "days", "--data", str(data), "--region", "eu-west-1", "--positive", "", "--no-input", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "positive =" not in (tmp_path / "days/sentiment.toml").read_text()


@pytest.mark.parametrize("place", ["beside/rows.csv", "rows.csv", "p/rows.csv"])
def test_data_near_the_project_move_with_it(tmp_path: Path, place: str) -> None:
    home, moved = tmp_path / "here", tmp_path / "there/moved"
    data = home / place
    data.parent.mkdir(parents=True)
    data.write_text("text,label\n" + "".join(f"lovely {n},positive\nawful {n},negative\n" for n in range(40)))
    done = run("init", "p", "--data", place, "--region", "eu-west-1", "--no-input", cwd=home)
    assert done.returncode == 0, done.stderr
    path = "rows.csv" if place.startswith("p/") else f"../{place}"
    assert project.load(home / "p").data.path == path
    assert "absolute" not in done.stderr
    moved.parent.mkdir()
    home.rename(moved)
    assert run("train", "--limit", "40", cwd=moved / "p").returncode == 0
    again = run("init", ".", "--data", str(moved / place), "--no-input", "--json", cwd=moved / "p")
    assert json.loads(again.stdout)["written"] == []


def test_data_elsewhere_are_named_by_an_absolute_path_and_that_is_said(tmp_path: Path) -> None:
    data = tmp_path / "elsewhere/rows.csv"
    data.parent.mkdir()
    data.write_text("text,label\n" + "a lovely day,positive\nan awful mess,negative\n" * 40)
    home = tmp_path / "deeper/here"
    home.mkdir(parents=True)
    done = run("init", "p", "--data", str(data), "--region", "eu-west-1", "--no-input", cwd=home)
    assert project.load(home / "p").data.path == str(data)
    assert f"absolute path, {data}" in done.stderr


def test_labels_that_were_told_are_taken_back(tmp_path: Path) -> None:
    data = tmp_path / "reviews.csv"
    data.write_text("text,label\n" + "".join(f"words of number {n},{'yay' if n % 2 else 'nay'}\n" for n in range(40)))
    told = ("--data", str(data), "--region", "eu-west-1", "--positive", "yay", "--negative", "nay")
    assert run("init", "p", *told, "--no-input", cwd=tmp_path).returncode == 0
    file = tmp_path / "p/sentiment.toml"
    assert 'positive = "yay"' in file.read_text()
    file.write_text(file.read_text() + "\n# mine\n")
    done = run("init", "p", "--positive", "", "--no-input", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "# mine" in file.read_text()
    data_now = project.load(tmp_path / "p").data
    assert (data_now.positive, data_now.negative) == (None, None)
    assert "yay" not in done.stdout + done.stderr
    trained = run("train", "--json", cwd=tmp_path / "p")
    assert json.loads(trained.stdout)["labels"] == ["nay", "yay"], trained.stderr
    for more in ([], ["--negative", ""]):
        again = run("init", "p", "--positive", "", *more, "--no-input", "--yes", "--json", cwd=tmp_path)
        assert json.loads(again.stdout)["written"] == []
    assert run("init", "p", "--positive", "", "--negative", "nay", "--no-input", "--yes", cwd=tmp_path).returncode == 0
    assert project.load(tmp_path / "p").data.negative == "nay"
    assert run("init", "p", "--negative", "", "--no-input", "--yes", cwd=tmp_path).returncode == 0
    assert project.load(tmp_path / "p").data.negative is None


def test_an_open_api_needs_a_second_yes(tmp_path: Path) -> None:
    screen = Screen("init", "t", *FLAGS[:4], "--endpoint", "serverless", "--memory-mb", "1024", cwd=tmp_path)
    screen.wait_for("Project name")
    screen.press(ENTER)
    screen.wait_for("Who may call")
    screen.press(DOWN, DOWN, ENTER)
    screen.wait_for("Leave it open?")
    screen.press(ENTER)  # the default is No
    screen.wait_for("API key")
    screen.press(CTRL_C)
    assert screen.end() == 130


def test_a_dumb_terminal_gets_numbered_lists_without_colours(tmp_path: Path) -> None:
    screen = Screen("init", "tweets", "--data", "sample", "--region", "eu-west-1", cwd=tmp_path, TERM="dumb")
    for question in ("Project name", "Number [1]", "Number [1]", "Number [1]", "Write these files?"):
        screen.wait_for(question)
        screen.press(ENTER)
        screen.screen.reset()
    assert screen.end() == 0
    assert screen.colours == set()
    assert project.load(tmp_path / "tweets").name == "tweets"


def test_without_a_terminal_all_that_is_missing_is_listed_at_once(tmp_path: Path) -> None:
    done = run("init", "--yes", "--json", cwd=tmp_path)
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["what"] == "2 values are missing: --data, --region."
    assert error["fix"].endswith("In a terminal Enter would take --data sample --region us-east-1.")
    assert files(tmp_path) == {}


def test_what_nobody_but_the_user_knows_is_wanted_and_everything_else_has_a_default(tmp_path: Path) -> None:
    """Which data and where it goes: a guess would train on, or send to, what nobody chose. The documents say so too."""
    wanted = [question.flag for question in init_questions(tmp_path) if question.required]
    assert wanted == ["--data", "--region"]
    shown = " ".join(run("init", "--help", cwd=tmp_path, COLUMNS="100").stdout.split())
    assert "Without a terminal --data and --region must be given" in shown
    assert "`--data` and `--region`" in (ROOT / "README.md").read_text()
    assert "`--data` and `--region`" in (ROOT / "docs/configuration.md").read_text()


def test_a_region_of_the_aws_configuration_is_given(tmp_path: Path) -> None:
    done = run("init", "t", "--data", "sample", "--no-input", "--json", cwd=tmp_path, AWS_DEFAULT_REGION="eu-west-1")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)["values"]
    assert values["aws.region"] == {"value": "eu-west-1", "source": "AWS configuration"}
    assert {key: values[key]["value"] for key in ("name", "endpoint.kind", "endpoint.instance_type", "api.auth")} == {
        "name": "t", "endpoint.kind": "realtime", "endpoint.instance_type": "ml.t2.medium", "api.auth": "api-key",
    }  # fmt: skip


def test_flags_beat_environment_beats_file_and_the_summary_says_so(tmp_path: Path) -> None:
    assert run("init", *FLAGS, cwd=tmp_path).returncode == 0
    done = run("init", "--region", "us-west-2", "--no-input", "--json", "--force", cwd=tmp_path,
               SENTIMENT_REGION="ap-south-1", SENTIMENT_INSTANCE_TYPE="ml.m5.large")  # fmt: skip
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)["values"]
    assert values["aws.region"] == {"value": "us-west-2", "source": "flag"}
    assert values["endpoint.instance_type"] == {"value": "ml.m5.large", "source": "environment"}
    assert values["api.auth"] == {"value": "api-key", "source": "sentiment.toml"}


def test_twice_in_a_row_changes_nothing(tmp_path: Path) -> None:
    assert run("init", *FLAGS, cwd=tmp_path).returncode == 0
    before = files(tmp_path)
    done = run("init", "--no-input", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["written"] == []
    assert files(tmp_path) == before


def test_an_existing_file_is_not_changed_silently_and_comments_survive(tmp_path: Path) -> None:
    assert run("init", *FLAGS, cwd=tmp_path).returncode == 0
    toml = tmp_path / "sentiment.toml"
    toml.write_text("# by hand\n" + toml.read_text().replace("C = ", "C = 7.5 # tuned, was "))
    before = files(tmp_path)
    done = run("init", "--api-auth", "iam", "--no-input", cwd=tmp_path)
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert files(tmp_path) == before
    assert run("init", "--api-auth", "iam", "--no-input", "--force", cwd=tmp_path).returncode == 0
    changed = toml.read_text()
    assert "# by hand" in changed
    assert "C = 7.5 # tuned, was" in changed
    assert project.load(tmp_path).api.auth == "iam"


def test_own_work_in_the_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/tweets.csv").write_text("text,label\nmine,positive\n")
    done = run("init", *FLAGS, cwd=tmp_path)
    assert done.returncode == 0
    assert "kept" in done.stderr
    assert (tmp_path / "data/tweets.csv").read_text() == "text,label\nmine,positive\n"


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--region", "eu-west-9"), 2, "eu-west-"),
        (("--instance-type", "ml.t3.medium"), 2, "ml.t2.medium"),
        (("--name", "My Tweets"), 2, "lower-case"),
        (("--memory-mb", "2048"), 2, "goes only with --endpoint serverless"),
        (("--endpoint", "serverless", "--memory-mb", "2000"), 2, "must be one of"),
        (("--endpoint", "serverless", "--region", "me-central-1"), 2, "not offered"),
        (("--instance-count", "0"), 2, "from 1 to 10,000"),
        (("--instance-count", "9" * 30), 2, "from 1 to 10,000"),
        (("--text-column", "a"), 2, "goes only with a file of your own"),
        (("--data", "nowhere.csv"), 2, "nowhere.csv"),
        (("--api-auth", "password"), 2, "api-key"),
        (("--profile", "nobody"), 2, "profile"),
        (("--no-such-flag",), 2, "--help"),
    ],
)
def test_bad_values_are_refused_before_anything_is_written(
    tmp_path: Path, flags: tuple[str, ...], code: int, said: str
) -> None:
    done = run("init", *FLAGS, *flags, cwd=tmp_path)
    assert done.returncode == code
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert files(tmp_path) == {}


def test_all_bad_values_are_told_at_once(tmp_path: Path) -> None:
    done = run("init", *FLAGS, "--region", "mars", "--name", "X", "--instance-count", "-1", cwd=tmp_path)
    for flag in ("--region", "--name", "--instance-count"):
        assert flag in done.stderr


def test_a_broken_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sentiment.toml").write_text("name = ")
    done = run("init", *FLAGS, cwd=tmp_path)
    assert done.returncode == 2
    assert files(tmp_path) == {"sentiment.toml": b"name = "}


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    done = run("init", "/proc/nothing-can-be-made-here", *FLAGS, cwd=tmp_path)
    assert done.returncode == 1
    assert "Cannot write" in done.stderr


def test_a_file_in_the_place_of_the_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("")
    done = run("init", "p", *FLAGS, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def read(path: Path) -> Any:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_sample_is_balanced_and_no_two_texts_are_alike(tmp_path: Path) -> None:
    run("init", *FLAGS, cwd=tmp_path)
    rows = read(tmp_path / "data/tweets.csv")
    plain = {"".join(c for c in row["text"].lower() if c.isalnum()) for row in rows}
    assert len(rows) >= 1200
    assert len(plain) == len(rows)
    positive = sum(row["label"] == "positive" for row in rows)
    assert abs(positive / len(rows) - 0.5) < 0.01
