"""`logs` of the last training, which is on this machine: nobody else is asked."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.commands.conftest import run

# Whoever asks AWS in vain waits for it: these point at nobody.
NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def lines(project: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run("logs", "--source", "training", "--json", *arguments, cwd=project, **NOWHERE)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_a_training_said_is_kept_without_a_text_of_its_rows(project: Path) -> None:
    rows = [("lovely zebra number", "positive"), ("awful quagga number", "negative")] * 30
    (project / "rows.csv").write_text("text,label\n" + "".join(f"{text} {n},{label}\n" for n, (text, label) in
                                                               enumerate(rows)) + ",positive\n")  # fmt: skip
    done = run("train", "rows.csv", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    said = lines(project)
    assert {each["source"] for each in said} == {"training"}
    told = "\n".join(each["text"] for each in said)
    for each in (
        "scikit-learn", 'text from "text"', "60 rows", "warning: Empty: 1 row", f"accuracy {result['accuracy']:.4f}",
        result["sha256"],
    ):  # fmt: skip
        assert each in told
    kept = (project / ".sentiment/training.jsonl").read_text()
    assert "zebra" not in kept
    assert "quagga" not in kept
    assert run("logs", "--source", "training", cwd=project).stdout.count("\n") == len(said)


def test_without_since_it_is_the_whole_last_run_however_old(project: Path) -> None:
    log = project / ".sentiment/training.jsonl"
    old = re.sub('"time": "2[0-9]{3}', '"time": "2001', log.read_text())
    log.write_text(old)
    assert len(lines(project)) == len(old.splitlines())
    assert lines(project, "--since", "10m") == []
    done = run("logs", "--source", "training", "--since", "10m", cwd=project)
    assert done.stderr == "Nothing was written in the last 10m.\n"


def test_where_there_is_none_it_is_said_how_there_would_be(project: Path, tmp_path: Path) -> None:
    (project / ".sentiment/training.jsonl").unlink()
    done = run("logs", "--source", "training", "-C", str(project), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"`sentiment-cli train -C {project}`" in done.stderr
    assert run("logs", "--source", "training", cwd=tmp_path).returncode == 2


def test_a_training_can_be_followed(project: Path) -> None:
    command = [sys.executable, "-m", "sentiment_cli", "logs", "--source", "training", "-f", "--json"]
    with subprocess.Popen(command, cwd=project, env={**os.environ, **NOWHERE}, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        first = [json.loads(it.stdout.readline())["text"] for _ in lines(project)]
        assert run("train", "--seed", "7", cwd=project).returncode == 0
        again = [json.loads(it.stdout.readline())["text"] for _ in lines(project)]
        it.send_signal(signal.SIGINT)
        assert it.wait(20) == 130
        assert json.loads(it.stdout.read())["error"]["code"] == "interrupted"
    assert "Training begins" in first[0]
    assert "Training begins" in again[0]
    assert again[-1].startswith("Written:")
