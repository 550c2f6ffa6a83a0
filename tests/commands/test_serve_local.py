"""`serve-local` as a program: start, ask, stop, and what is said when something is missing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.commands.conftest import Done, run
from tests.commands.screen import CTRL_C, Screen

PROCESS = ("--engine", "process")
Start = Callable[..., Done]


def test_detached_it_answers_and_can_be_stopped(project: Path, serving: Start) -> None:
    started = serving(*PROCESS, "--json")
    assert started.returncode == 0, started.stderr
    result = json.loads(started.stdout)
    assert result["engine"] == "process"
    assert result["pid"] > 0
    answer = run("invoke", "--json", "Today was a great day!", "I hate this", cwd=project)
    assert [row["label"] for row in json.loads(answer.stdout)["output"]] == ["Positive", "Negative"]
    assert run("serve-local", "--stop", cwd=project).returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(result["url"] + "/ping", trust_env=False)
    assert "Nothing is being served" in run("serve-local", "--stop", cwd=project).stderr


def test_the_page_is_there_locally(serving: Start) -> None:
    url = json.loads(serving(*PROCESS, "--json").stdout)["url"]
    page = httpx.get(url, trust_env=False)
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]


def test_a_second_one_is_refused_with_the_address_of_the_first(serving: Start) -> None:
    url = json.loads(serving(*PROCESS, "--json").stdout)["url"]
    second = serving(*PROCESS)
    assert second.returncode == 1
    assert url in second.stderr
    assert "--stop" in second.stderr


def test_without_a_model_it_says_train(tmp_path: Path) -> None:
    done = run("serve-local", *PROCESS, cwd=tmp_path)
    assert done.returncode == 2
    assert "sentiment-cli train" in done.stderr


def test_a_damaged_model_is_refused(project: Path) -> None:
    path = project / "model/model.tar.gz"
    path.write_bytes(path.read_bytes()[:-100])
    done = run("serve-local", *PROCESS, "--port", "0", cwd=project)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said_so(project: Path, serving: Start, tmp_path: Path) -> None:
    url = json.loads(serving(*PROCESS, "--json").stdout)["url"]
    other = tmp_path / "other"
    other.mkdir()
    artifact = str(project / "model/model.tar.gz")
    done = run("serve-local", *PROCESS, "--port", url.rsplit(":")[-1], "--artifact", artifact, cwd=other)
    assert done.returncode == 1
    assert "--port" in done.stderr


def test_ctrl_c_ends_the_server(project: Path) -> None:
    screen = Screen("serve-local", *PROCESS, "--port", "0", cwd=project)
    screen.wait_for("CPU")
    url = next(word for word in screen.text.split() if word.startswith("http://")).removesuffix("/invocations")
    assert httpx.get(url + "/ping", trust_env=False).status_code == 200
    screen.press(CTRL_C)
    assert screen.end() == 130
    assert "Traceback" not in screen.history
    with pytest.raises(httpx.ConnectError):
        httpx.get(url + "/ping", trust_env=False)


def test_ctrl_c_before_it_is_ready_leaves_nothing(project: Path) -> None:
    """As while its image is built; here the engine does not answer."""
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as engine:
        engine.bind(f"{short}/docker.sock")
        engine.listen()
        screen = Screen("serve-local", "--engine", "docker", cwd=project, DOCKER_HOST=f"unix://{short}/docker.sock")
        with engine.accept()[0]:
            screen.press(CTRL_C)
            assert screen.end() == 130
    assert "Interrupted before the server was ready. Nothing runs." in screen.text
    assert "Traceback" not in screen.history


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_a_closed_terminal_or_kill_ends_the_server_too(project: Path, by: signal.Signals) -> None:
    command = [sys.executable, "-m", "sentiment_cli", "serve-local", *PROCESS, "--port", "0", "--json"]
    # Whoever runs the tests may ignore SIGHUP (nohup does), and what is ignored is inherited.
    heeds = partial(signal.signal, by, signal.SIG_DFL)
    with subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=heeds
    ) as started:
        try:
            assert started.stdout is not None
            url = json.loads(started.stdout.readline())["url"]
            started.send_signal(by)
            assert started.wait(30) == 130
        finally:
            started.kill()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url + "/ping", trust_env=False)


def test_a_killed_server_is_noticed(project: Path) -> None:
    command = [sys.executable, "-m", "sentiment_cli", "serve-local", *PROCESS, "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        os.kill(json.loads(started.stdout.readline())["pid"], signal.SIGKILL)
        _, talk = started.communicate(timeout=30)
    assert started.returncode == 1
    assert "SIGKILL" in talk


@pytest.mark.docker
def test_in_its_container_it_gives_the_same_answers(project: Path, serving: Start, docker_engine: object) -> None:
    texts = ["Today was a great day!", "not bad at all", "ugh 😒", "", "x" * 5000]
    started = serving(*PROCESS, "--json")
    assert started.returncode == 0, started.stderr
    as_process = run("invoke", "--json", "--explain", *texts, cwd=project).stdout
    run("serve-local", "--stop", cwd=project)
    started = serving("--engine", "docker", "--json")
    assert started.returncode == 0, started.stderr
    assert set(json.loads(started.stdout)) >= {"url", "engine", "container_id", "image"}
    assert run("invoke", "--json", "--explain", *texts, cwd=project).stdout == as_process


def test_without_docker_auto_takes_a_process_and_says_so(project: Path, serving: Start, tmp_path: Path) -> None:
    command = ("serve-local", "--detach", "--port", "0", "--json")
    done = run(*command, cwd=project, DOCKER_HOST=f"unix://{tmp_path}/no.sock")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["engine"] == "process"
    assert "Docker" in done.stderr
    run("serve-local", "--stop", cwd=project)
    done = run(*command, "--engine", "docker", cwd=project, DOCKER_HOST=f"unix://{tmp_path}/no.sock")
    assert done.returncode == 1
    assert "--engine process" in done.stderr


def test_texts_from_strangers_are_shown_as_they_are(project: Path, serving: Start) -> None:
    serving(*PROCESS)
    done = run("invoke", "[red]markup[/red] \x1b[31mescape", cwd=project)
    assert "[red]markup[/red]" in done.stdout
    assert "\x1b" not in done.stdout


def test_many_texts_keep_their_order(project: Path, serving: Start) -> None:
    serving(*PROCESS)
    texts = ["lovely, I love it" if n % 2 else "awful, I hate it" for n in range(1201)]
    done = run("invoke", "--json", cwd=project, given="\n".join(texts))
    labels = [row["label"] for row in json.loads(done.stdout)["output"]]
    assert labels == ["Positive" if n % 2 else "Negative" for n in range(1201)]
