"""`train` as a program: what it writes, what it says, what it refuses."""

from __future__ import annotations

import csv
import gzip
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import run
from tests.commands.screen import CTRL_C, DOWN, ENTER, Screen

KEYS = {
    "rows", "train_rows", "test_rows", "labels", "accuracy", "f1", "roc_auc", "seconds", "artifact", "sha256",
    "compiled", "report",
}  # fmt: skip


def write(path: Path, rows: Sequence[Sequence[Any]], header: Sequence[str] | None = ("text", "label")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([header] if header else [])
        writer.writerows(rows)
    return path


def feelings(each: int = 60, good: Any = "positive", bad: Any = "negative") -> list[tuple[str, Any]]:
    return [
        row
        for n in range(each)
        for row in ((f"such a lovely day number {n}", good), (f"what an awful mess number {n}", bad))
    ]


def manifest(folder: Path) -> dict[str, Any]:
    with tarfile.open(folder / "model/model.tar.gz") as tar:
        content = tar.extractfile("manifest.json")
        assert content is not None
        return dict(json.load(content))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_result_is_one_json_object_and_progress_is_elsewhere(project: Path) -> None:
    done = run("train", "--json", cwd=project)
    result = json.loads(done.stdout)
    assert set(result) == KEYS
    assert result["labels"] == ["Negative", "Positive"]
    assert result["rows"] == result["train_rows"] + result["test_rows"]
    assert result["accuracy"] > 0.75
    assert result["compiled"] is True
    assert (project / result["artifact"]).is_file()
    assert "Fit" in done.stderr


def test_the_same_data_gives_the_same_artifact(project: Path) -> None:
    first = json.loads(run("train", "--json", cwd=project, PYTHONHASHSEED="1").stdout)["sha256"]
    second = json.loads(run("train", "--json", cwd=project, PYTHONHASHSEED="2").stdout)["sha256"]
    other = json.loads(run("train", "--json", "--seed", "1", cwd=project).stdout)["sha256"]
    assert first == second != other


def test_a_file_is_enough(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", feelings())
    done = run("train", "rows.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == {"rows.csv", "model/model.tar.gz", "model/report.html"}
    assert "accuracy" in done.stdout
    assert "120 rows" in done.stderr


@pytest.mark.parametrize(
    ("good", "bad", "flags", "labels"),
    [
        (1, 0, (), ["Negative", "Positive"]),
        (4, 0, (), ["Negative", "Positive"]),
        ("yay", "nay", ("--positive", "yay"), ["Negative", "Positive"]),
        ("yay", "nay", ("--positive", "nay"), ["Negative", "Positive"]),
        ("spam", "ham", (), ["ham", "spam"]),
    ],
)
def test_labels_are_mapped(tmp_path: Path, good: Any, bad: Any, flags: tuple[str, ...], labels: list[str]) -> None:
    write(tmp_path / "rows.csv", feelings(good=good, bad=bad))
    done = run("train", "rows.csv", "--json", *flags, cwd=tmp_path)
    assert json.loads(done.stdout)["labels"] == labels
    lovely = next(each for each in manifest(tmp_path)["golden"] if "great" in each["text"])
    assert lovely["label"] in labels


def test_labels_that_sentiment_toml_names_keep_their_own_names_where_nothing_is_said(project: Path) -> None:
    write(project / "data/tweets.csv", feelings(good="sun", bad="rain"))
    toml = project / "sentiment.toml"
    toml.write_text(toml.read_text().replace("[data]", '[data]\npositive = "sun"'))
    assert json.loads(run("train", "--json", cwd=project).stdout)["labels"] == ["Negative", "Positive"]
    done = run("train", "--positive", "", "--negative=", "--json", cwd=project)
    assert json.loads(done.stdout)["labels"] == ["rain", "sun"]


def test_three_labels_keep_their_names(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", [*feelings(), *((f"meeting at {n} o'clock", "neutral") for n in range(60))])
    result = json.loads(run("train", "rows.csv", "--json", cwd=tmp_path).stdout)
    assert result["labels"] == ["negative", "neutral", "positive"]
    assert result["accuracy"] > 0.9


def test_a_worse_model_than_wanted_is_refused_and_the_old_one_stays(project: Path) -> None:
    before = (project / "model/model.tar.gz").read_bytes()
    done = run("train", "--min-accuracy", "0.999", "--json", cwd=project)
    assert done.returncode == 5
    assert json.loads(done.stdout)["error"]["code"] == "min-accuracy"
    assert (project / "model/model.tar.gz").read_bytes() == before
    assert (project / "model/refused.html").is_file()


def test_the_threshold_of_the_file_holds_and_the_flag_beats_it(project: Path) -> None:
    toml = project / "sentiment.toml"
    toml.write_text(toml.read_text().replace("# min_accuracy = 0.75", "min_accuracy = 0.999"))
    assert run("train", cwd=project).returncode == 5
    assert run("train", cwd=project, SENTIMENT_MIN_ACCURACY="0.5").returncode == 0


@pytest.mark.parametrize(
    ("rows", "flags", "said"),
    [
        (feelings(5), (), "20"),
        ([(text, "positive") for text, _ in feelings()], (), "one"),
        (feelings(), ("--text-column", "nothing"), "nothing"),
        (feelings(), ("--positive", "excellent"), "excellent"),
        (feelings(), ("--test-size", "1.5"), "--test-size"),
        (feelings(), ("--test-size", "0"), "--test-size"),
        (feelings(), ("--limit", "0"), "--limit"),
        (feelings(), ("--format", "xml"), "xml"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(
    tmp_path: Path, rows: Sequence[Sequence[Any]], flags: tuple[str, ...], said: str
) -> None:
    write(tmp_path / "rows.csv", rows)
    done = run("train", "rows.csv", *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(tmp_path) == {"rows.csv"}


def test_without_data_it_says_where_to_get_some(tmp_path: Path) -> None:
    done = run("train", cwd=tmp_path)
    assert done.returncode == 2
    assert "sentiment-cli init" in done.stderr
    assert run("train", "nowhere.csv", cwd=tmp_path).returncode == 2


def test_malformed_rows_are_named_by_line(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", feelings(400))
    with path.open("a", encoding="utf-8") as file:
        file.write("a,b,c,d\n")
    done = run("train", "rows.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "line 802" in done.stderr


def test_gzip_and_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", feelings(300))
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    result = json.loads(run("train", "rows.csv.gz", "--limit", "200", "--json", cwd=tmp_path).stdout)
    assert result["rows"] == 200


def test_columns_and_labels_of_the_file_do_not_apply_to_other_data(project: Path) -> None:
    toml = project / "sentiment.toml"
    toml.write_text(toml.read_text().replace("[data]\n", '[data]\ntext_column = "text"\n'))
    write(project / "other.csv", feelings(), header=("tweet", "mood"))
    assert run("train", "other.csv", cwd=project).returncode == 0


LOOKED = "(found by looking)"


@pytest.mark.parametrize(
    ("rows", "header", "flags", "said"),
    [
        (feelings(good=4, bad=0), ("tweet", "sentiment"), (),
         'text from "tweet", label from "sentiment" (4 positive, 0 negative), all found by looking'),
        (feelings(), ("text", "label"), (),
         'text from "text", label from "label" (positive, negative), all found by looking'),
        (feelings(good=4, bad=0), ("tweet", "mood"), ("--text-column", "tweet", "--label-column", "mood"),
         f'text from "tweet" (flag), label from "mood" (flag): 4 positive, 0 negative {LOOKED}'),
        (feelings(good="yay", bad="nay"), ("text", "label"), ("--positive", "YAY"),
         f'text from "text" {LOOKED}, label from "label" {LOOKED}: yay positive, nay negative (flag)'),
        (feelings(good=1, bad=0), None, (),
         "text from column 1, label from column 2 (1 positive, 0 negative), all found by looking"),
        ([*feelings(good=4, bad=2), *((f"so so, number {n}", v) for n in range(120) for v in (1, 3, 5))],
         ("text", "stars"), ("--positive", "4,5", "--negative", "1,2"),
         "4 and 5 positive, 1 and 2 negative (flag)"),
        (feelings(good="spam", bad="ham"), ("text", "label"), (), "(ham and spam keep their names), all found"),
    ],
    ids=range(7),
)  # fmt: skip
def test_it_says_which_columns_and_labels_it_took_and_why(
    tmp_path: Path, rows: Sequence[Sequence[Any]], header: Sequence[str] | None, flags: tuple[str, ...], said: str
) -> None:
    write(tmp_path / "rows.csv", rows, header)
    done = run("train", "rows.csv", "--json", *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Reading rows.csv: ") == 1
    assert said in done.stderr
    assert set(json.loads(done.stdout)) == KEYS


def test_columns_are_told_before_the_rows_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", [(text, "positive") for text, _ in feelings()])
    done = run("train", "rows.csv", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert 'label from "label" (positive keeps its name)' in done.stderr


def test_columns_of_sentiment_toml_and_the_environment_are_told_as_that(project: Path) -> None:
    toml = project / "sentiment.toml"
    toml.write_text(toml.read_text().replace("[data]\n", '[data]\ntext_column = "text"\n'))
    done = run("train", cwd=project, SENTIMENT_LABEL_COLUMN="2")
    assert 'text from "text" (sentiment.toml), label from "label" (environment): positive' in done.stderr


def test_in_a_terminal_unclear_labels_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", feelings(good="yay", bad="nay"))
    screen = Screen("train", "rows.csv", cwd=tmp_path)
    screen.wait_for("Which label means positive?")
    screen.press(DOWN, ENTER)
    screen.wait_for("accuracy")
    assert screen.end() == 0
    assert "yay positive, nay negative (answer)" in " ".join(screen.text.split())
    assert manifest(tmp_path)["labels"] == ["Negative", "Positive"]


def test_ctrl_c_while_it_trains_leaves_nothing_half_written(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", feelings(120_000))
    screen = Screen("train", "rows.csv", cwd=tmp_path)
    screen.wait_for("Fit")
    screen.press(CTRL_C)
    assert screen.end() == 130
    assert "Traceback" not in screen.history
    assert files(tmp_path) == {"rows.csv"}


def test_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", feelings())
    screen = Screen("train", "rows.csv", cwd=tmp_path, NO_COLOR="1")
    screen.wait_for("accuracy")
    assert screen.end() == 0
    assert screen.colours == set()


def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", feelings())
    (tmp_path / "model").write_text("a file where the folder should be")
    done = run("train", "rows.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "Cannot write" in done.stderr
    assert "Traceback" not in done.stderr
