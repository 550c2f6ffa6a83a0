"""The life of a sandbox: started once, found by every command, gone without a trace however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

from sentiment_cli import sandbox
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Event, Note
from sentiment_cli.processes import identity
from sentiment_cli.sandbox import Sandbox, leftovers, record, running

# A process such as a service starts: of a session of its own, it ends only if somebody ends it.
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


def up(project: Path) -> Sandbox:
    return sandbox.up(project, engine="process")


def client(found: Sandbox, service: str) -> Any:
    return boto3.client(
        service, found.region, endpoint_url=found.url,
        aws_access_key_id=found.access_key, aws_secret_access_key=found.secret_key,
    )  # fmt: skip


def soon(happens: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not happens() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happens()


def watchers(found: Sandbox) -> list[int]:
    shown = subprocess.run(["pgrep", "-f", f"sandbox.watcher {found.id}"], capture_output=True, text=True, check=False)
    return [int(line) for line in shown.stdout.split()]


def child_of(found: Sandbox) -> subprocess.Popen[bytes]:
    return subprocess.Popen(SLEEPER, env={**os.environ, leftovers.MARK: found.id}, start_new_session=True)


def test_a_second_start_finds_the_first(project: Path) -> None:
    first = up(project)
    assert up(project) == first == sandbox.find(project) == sandbox.up(project)
    with pytest.raises(SentimentError, match="another engine"):
        sandbox.up(project, engine="docker")


def test_it_starts_quickly(project: Path) -> None:
    # Against the bare imports in the same minute, so that a slow machine does not matter.
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import moto.moto_server.werkzeug_app, boto3"], check=True)
    bare = time.monotonic() - began
    began = time.monotonic()
    up(project)
    assert time.monotonic() - began < 2 * bare + 2


def test_commands_at_the_same_time_start_one(project: Path) -> None:
    found: list[Sandbox] = []
    starters = [threading.Thread(target=lambda: found.append(up(project))) for _ in range(3)]
    for each in starters:
        each.start()
    for each in starters:
        each.join()
    assert len(found) == 3
    assert len({each.id for each in found}) == 1


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, step: Callable[..., Any], first: Callable[[], Any], then: Callable[[], Any]
) -> None:
    """Run `then` while `first` is at a step of it, which begins only when `then` has come as far as it can."""
    reached = threading.Event()

    def slowly(*given: Any) -> Any:
        reached.set()
        second.join(4)  # as long as a start takes
        return step(*given)

    monkeypatch.setattr(f"{step.__module__}.{step.__name__}", slowly)
    second = threading.Thread(target=lambda: reached.wait(30) and then())
    second.start()
    first()
    second.join()


def test_who_only_looks_ends_none_that_is_starting(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, running._start, lambda: up(project), lambda: sandbox.clean(project))
    found = sandbox.find(project)
    assert found is not None
    assert client(found, "sts").get_caller_identity()["Account"] == sandbox.ACCOUNT


def test_a_start_that_waits_for_an_end_begins_after_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = up(project), []
    meanwhile(monkeypatch, record.forget, lambda: sandbox.down(project), lambda: after.append(up(project)))
    assert [each.id for each in after] != [before.id]
    assert sandbox.find(project) == after[0]


def test_commands_at_the_same_time_keep_to_one_another(project: Path) -> None:
    troubles: list[Exception] = []

    def at_it(*verbs: Callable[[Path], Any]) -> None:
        for verb in verbs:
            try:
                verb(project)
            except Exception as error:
                troubles.append(error)

    def looking() -> None:
        at_it(*[sandbox.clean] * 200)

    threads = [threading.Thread(target=at_it, args=(up, sandbox.down)) for _ in range(2)]
    threads.append(threading.Thread(target=looking))
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert troubles == []
    assert list(project.iterdir()) == []


def test_what_was_made_is_there_for_the_next_command(project: Path) -> None:
    client(up(project), "s3").create_bucket(Bucket="kept")
    code = f"""
import os, pathlib, boto3
from sentiment_cli import sandbox
os.environ.update(sandbox.find(pathlib.Path({str(project)!r})).environment())
print([each["Name"] for each in boto3.client("s3", "us-east-1").list_buckets()["Buckets"]])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kept']"


def test_two_sandboxes_know_nothing_of_each_other(tmp_path: Path) -> None:
    projects = [tmp_path / "one", tmp_path / "two"]
    try:
        one, two = map(up, projects)
        assert one.url != two.url
        client(one, "s3").create_bucket(Bucket="mine")
        assert client(two, "s3").list_buckets()["Buckets"] == []
        sandbox.down(projects[0])
        assert client(two, "sts").get_caller_identity()["Account"] == sandbox.ACCOUNT
    finally:
        for each in projects:
            sandbox.down(each)


def test_down_leaves_nothing(project: Path) -> None:
    found = up(project)
    child = child_of(found)
    assert sandbox.down(project) is True
    assert child.wait(10) == -signal.SIGKILL
    assert identity(found.pid) == ""
    assert soon(lambda: not watchers(found))
    assert list(project.iterdir()) == []
    assert sandbox.find(project) is None
    assert sandbox.down(project) is False


def test_other_files_of_the_project_stay(project: Path) -> None:
    up(project)
    (project / ".sentiment/model.tar.gz").write_text("mine")
    sandbox.down(project)
    assert [path.name for path in (project / ".sentiment").iterdir()] == ["model.tar.gz"]


def test_killed_it_leaves_no_process(project: Path) -> None:
    found = up(project)
    child = child_of(found)
    assert soon(lambda: bool(watchers(found)))
    os.kill(found.pid, signal.SIGKILL)
    assert child.wait(15) == -signal.SIGKILL
    assert soon(lambda: not watchers(found))
    assert sandbox.find(project) is None


@pytest.mark.docker
def test_killed_it_leaves_no_container(project: Path, docker_engine: Any) -> None:
    found = sandbox.up(project, engine="docker")
    assert found.engine == "docker"
    labels = {"sentiment-cli.sandbox": found.id}
    volume = docker_engine.volumes.create(labels=labels)
    command = ["python", "-c", "import time; time.sleep(600)"]
    docker_engine.containers.run("python:3.11-slim", command, labels=labels, detach=True)
    wanted = {"label": leftovers.label(found.id)}
    assert soon(lambda: bool(watchers(found)))
    os.kill(found.pid, signal.SIGKILL)
    assert soon(lambda: not docker_engine.containers.list(all=True, filters=wanted), 30)
    assert soon(lambda: volume.id not in [each.id for each in docker_engine.volumes.list(filters=wanted)])


def kill_if_there(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("cleaner", ["up", "down", "clean"])
def test_what_a_power_cut_left_goes_with_the_next_command(project: Path, cleaner: str) -> None:
    found = up(project)
    assert soon(lambda: bool(watchers(found)))
    for pid in (*watchers(found), found.pid, *watchers(found)):
        kill_if_there(pid)
    assert soon(lambda: identity(found.pid) == "")
    for pid in watchers(found):  # one that was started in place of the killed
        kill_if_there(pid)
    child = child_of(found)
    {"up": up, "down": sandbox.down, "clean": sandbox.clean}[cleaner](project)
    assert child.wait(10) == -signal.SIGKILL


def test_a_watcher_that_was_killed_is_replaced(project: Path) -> None:
    found = up(project)
    assert soon(lambda: bool(watchers(found)))
    before = watchers(found)
    os.kill(before[0], signal.SIGKILL)
    assert soon(lambda: bool(set(watchers(found)) - set(before)))
    assert client(found, "sts").get_caller_identity()["Account"] == sandbox.ACCOUNT


def test_it_ends_itself_when_the_project_is_deleted(tmp_path: Path) -> None:
    project = tmp_path / "project"
    found = up(project)
    shutil.rmtree(project)
    assert soon(lambda: identity(found.pid) == "")


def test_the_record_is_for_its_owner_alone(project: Path) -> None:
    found = up(project)
    assert stat.S_IMODE((found.folder / "sandbox.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(found.folder.stat().st_mode) == 0o700


def test_settings_of_the_user_do_not_reach_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    assert client(up(project), "sts").get_caller_identity()["Account"] == sandbox.ACCOUNT


def test_a_proxy_is_not_asked_for_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.org")
    found = up(project)
    for variable, value in found.environment().items():
        monkeypatch.setenv(variable, value)
    # A session of its own: the default one remembers the keys of the sandbox that a test before had.
    assert boto3.session.Session().client("sts", "us-east-1").get_caller_identity()["Account"] == sandbox.ACCOUNT
    assert os.environ["NO_PROXY"] == "example.org,127.0.0.1"
    assert found.about()["requests"] == {"sts": 1}


def test_without_an_engine_it_says_what_that_means(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    said: list[Event] = []
    assert sandbox.up(project, said.append).engine == "process"
    assert next(each.text for each in said if isinstance(each, Note)).startswith("No Docker engine answers")


def test_without_its_parts_it_says_how_to_get_them(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "find_spec", lambda name: None)
    with pytest.raises(SentimentError) as caught:
        sandbox.up(project)
    assert "pip install 'sentiment-cli[sandbox]'" in caught.value.fix


def test_a_start_that_fails_tells_why(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    with pytest.raises(SentimentError) as caught:
        sandbox.up(project, engine="docker")
    assert "Docker" in caught.value.why
    assert "sandbox.log" in caught.value.fix
