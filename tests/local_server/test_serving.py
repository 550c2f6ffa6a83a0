"""A model on localhost, by either engine: the same answers, and nothing left when it is over."""

from __future__ import annotations

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentiment_cli import local_server
from sentiment_cli.clients.inference import InferenceClient
from sentiment_cli.errors import InputError, SentimentError
from sentiment_cli.events import LogLine, Note, StepDone, StepStarted
from sentiment_cli.local_server import Running, record
from sentiment_cli.local_server.record import Record

from .conftest import TEXTS, Model, Project, remade

ENGINES = ["process", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn; the tests for Docker are skipped, or fail, where there is none."""
    if request.param == "docker":
        request.getfixturevalue("docker_engine")
    return str(request.param)


def answers(running: Running) -> list[tuple[str, float]]:
    with InferenceClient(running.url) as client:
        return [(row["label"], row["score"]) for row in client.ask(TEXTS)["output"]]


def lives(running: Running) -> bool:
    with InferenceClient(running.url) as client:
        return client.is_up()


def test_it_answers_on_loopback_and_leaves_only_a_log(project: Project, compiled: Model, engine: str) -> None:
    with project.start(compiled, engine) as running:
        running.wait_ready()

        assert running.url.startswith("http://127.0.0.1:")
        assert answers(running)[0][0] == "Positive"
        assert local_server.serving_url(project.folder) == running.url
        assert "<html" in httpx.get(running.url, trust_env=False).text
    assert not lives(running)
    assert project.left() <= {"server.log"}


def test_what_is_told_while_it_starts(project: Project, compiled: Model, engine: str) -> None:
    with project.start(compiled, engine) as running:
        running.wait_ready()

    started = [(event.number, event.total) for event in project.said if isinstance(event, StepStarted)]
    total = {"process": 2, "docker": 3}[engine]
    assert started == [(number, total) for number in range(1, total + 1)]
    assert len([event for event in project.said if isinstance(event, StepDone)]) == total


def test_the_result_for_scripts(project: Project, compiled: Model, engine: str) -> None:
    with project.start(compiled, engine) as running:
        running.wait_ready()
        result = running.as_dict()

    assert result["engine"] == engine
    assert set(result) == {"url", "engine", "image", "pid" if engine == "process" else "container_id"}


@pytest.mark.docker
def test_process_container_and_scikit_learn_say_the_same(project: Project, compiled: Model, docker_engine: Any) -> None:
    said = []
    for engine in ("process", "docker"):
        with project.start(compiled, engine) as running:
            running.wait_ready()
            said.append(answers(running))

    assert said[0] == said[1]
    for (label, score), (expected, probability) in zip(said[0], compiled.answers(), strict=True):
        assert label == expected
        assert score == pytest.approx(probability, abs=1e-9)


@pytest.mark.docker
@pytest.mark.slow
def test_a_model_that_is_not_compiled_says_the_same_too(project: Project, pickled: Model, docker_engine: Any) -> None:
    said = []
    for engine in ("process", "docker"):
        with project.start(pickled, engine) as running:
            running.wait_ready()
            said.append(answers(running))

    assert said[0] == said[1]
    assert [label for label, _ in said[1]] == [label for label, _ in pickled.answers()]
    assert [score for _, score in said[1]] == pytest.approx([score for _, score in pickled.answers()], abs=1e-9)


@pytest.mark.docker
def test_the_container_may_do_nothing_but_answer(project: Project, compiled: Model, docker_engine: Any) -> None:
    with project.start(compiled, "docker") as running:
        running.wait_ready()
        found = docker_engine.containers.get(running.container_id).attrs
    host, mounts = found["HostConfig"], found["Mounts"]

    assert found["Config"]["Cmd"] == ["serve"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert found["Config"]["User"].split(":")[0] not in ("", "0")
    assert [(mount["Destination"], mount["RW"]) for mount in mounts] == [("/opt/ml/model", False)]
    assert [each["HostIp"] for each in host["PortBindings"]["8080/tcp"]] == ["127.0.0.1"]
    assert not [name for name in found["Config"]["Env"] if "proxy" in name.lower()]


@pytest.mark.docker
def test_no_container_and_no_volume_is_left(project: Project, compiled: Model, docker_engine: Any) -> None:
    with project.start(compiled, "docker") as running:
        running.wait_ready()
        mount = docker_engine.containers.get(running.container_id).attrs["Mounts"][0]["Name"]

    assert running.container_id not in [each.id for each in docker_engine.containers.list(all=True)]
    assert mount not in [volume.id for volume in docker_engine.volumes.list()]


@pytest.mark.docker
def test_what_a_killed_start_left_is_swept_by_the_next(project: Project, compiled: Model, docker_engine: Any) -> None:
    lost = project.start(compiled, "docker")
    (project.folder / ".sentiment/local/server.json").unlink()

    with project.start(compiled, "docker") as running:
        running.wait_ready()
        left = [each.id for each in docker_engine.containers.list(all=True)]

    assert running.container_id in left
    assert lost.container_id not in left


def test_usage_and_new_log_lines_are_told_while_it_runs(project: Project, compiled: Model, engine: str) -> None:
    with project.start(compiled, engine) as running:
        running.wait_ready()
        usages = running.stats()
        first = next(usages)
        next(usages)

    assert 5e6 < first.memory_bytes < 1e9
    assert first.cpu_percent >= 0
    lines = [event.text for event in project.said if isinstance(event, LogLine) and event.source == "server"]
    assert len([line for line in lines if '"ready"' in line]) == 1


def test_a_server_that_dies_is_noticed_with_its_last_words(
    project: Project, compiled: Model, engine: str, request: pytest.FixtureRequest
) -> None:
    with project.start(compiled, engine) as running:
        running.wait_ready()
        usages = running.stats()
        next(usages)
        if engine == "docker":
            request.getfixturevalue("docker_engine").containers.get(running.container_id).kill()
        else:
            assert running.pid
            os.killpg(running.pid, signal.SIGKILL)
        for _ in usages:
            pass
        error = running.failure()

    assert error.code == "server-failed"
    assert "137" in error.why or "SIGKILL" in error.why
    assert '"ready"' in error.why


def test_one_that_cannot_start_says_why(project: Project, pickled: Model, engine: str, tmp_path: Path) -> None:
    running = project.start(remade(pickled, tmp_path, compiled=True), engine)

    with pytest.raises(SentimentError) as caught:
        running.wait_ready()

    assert caught.value.code == "server-failed"
    assert "scorer.json" in caught.value.why
    assert project.left() <= {"server.log"}


def test_versions_other_than_in_training_are_named(project: Project, pickled: Model, tmp_path: Path) -> None:
    running = project.start(remade(pickled, tmp_path, libraries={"scikit-learn": "1.0.2"}))

    with pytest.raises(SentimentError) as caught:
        running.wait_ready()

    assert "scikit-learn 1.0.2" in caught.value.why


def test_other_answers_than_in_training_are_refused(
    project: Project, compiled: Model, engine: str, tmp_path: Path
) -> None:
    golden = [{"text": TEXTS[0], "label": "Positive", "score": 0.5}]
    running = project.start(remade(compiled, tmp_path, golden=golden), engine)

    with pytest.raises(SentimentError) as caught:
        running.wait_ready()

    assert "does not answer as the model did in training" in caught.value.what
    assert "0.500000" in caught.value.why
    assert not lives(running)
    assert project.left() <= {"server.log"}


def test_ctrl_c_while_it_starts_leaves_nothing(compiled: Model, project: Project, engine: str) -> None:
    def impatient(event: object) -> None:
        if isinstance(event, StepStarted) and event.title == "Check its answers":
            raise KeyboardInterrupt

    running = local_server.start(engine, compiled.path, 0, 1, impatient, project_dir=project.folder)
    with pytest.raises(KeyboardInterrupt):
        running.wait_ready()

    assert not lives(running)
    assert project.left() <= {"server.log"}


def test_detached_it_outlives_its_start_until_it_is_stopped(project: Project, compiled: Model, engine: str) -> None:
    with project.start(compiled, engine, detach=True) as running:
        running.wait_ready()
    assert lives(running)

    stopped = local_server.stop(project.folder)

    assert stopped is not None
    assert stopped.url == running.url
    assert not lives(running)
    assert local_server.stop(project.folder) is None


def test_a_second_one_is_refused_and_the_first_goes_on(project: Project, compiled: Model, engine: str) -> None:
    with project.start(compiled, engine) as running:
        running.wait_ready()
        with pytest.raises(SentimentError) as caught:
            project.start(compiled, "process")

        assert caught.value.code == "already-running"
        assert running.url in caught.value.why
        assert lives(running)


def test_stopped_from_elsewhere_is_said_so(project: Project, compiled: Model, engine: str) -> None:
    running = project.start(compiled, engine)
    running.wait_ready()
    usages = running.stats()
    next(usages)

    local_server.stop(project.folder)

    for _ in usages:
        pass
    assert running.failure().code == "stopped"


def test_a_taken_port_is_named_with_its_holder(project: Project, compiled: Model, engine: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SentimentError) as caught:
            project.start(compiled, engine, port)

    assert caught.value.code == "port-in-use"
    assert str(port) in caught.value.what
    assert f"(process {os.getpid()})" in caught.value.why
    assert project.left() <= {"server.log"}


def test_a_port_that_was_asked_for_is_taken(project: Project, compiled: Model, engine: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with project.start(compiled, engine, port) as running:
        running.wait_ready()
        assert running.url == f"http://127.0.0.1:{port}"


def test_the_record_of_one_that_died_is_no_hindrance(project: Project, compiled: Model) -> None:
    with project.start(compiled) as running:
        running.wait_ready()
        assert running.pid
        os.killpg(running.pid, signal.SIGKILL)
        while running._host.alive():
            time.sleep(0.01)
        with project.start(compiled) as second:
            second.wait_ready()
            assert second.url != running.url


def test_a_process_that_only_has_the_same_number_is_left_alone(project: Project) -> None:
    record.save(project.folder, Record("process", "http://127.0.0.1:1", pid=os.getpid(), identity="long ago"))

    assert local_server.stop(project.folder) is None
    assert project.left() == set()


def test_the_project_may_hold_files_named_like_modules(
    project: Project, compiled: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("falcon.py", "json.py", "server_image.py"):
        (project.folder / name).write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(project.folder)

    with project.start(compiled) as running:
        running.wait_ready()


def test_without_docker_auto_takes_a_process_and_says_why(
    project: Project, compiled: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    with project.start(compiled, "auto") as running:
        running.wait_ready()

    assert running.engine == "process"
    (note,) = (event.text for event in project.said if isinstance(event, Note))
    assert "Serving without Docker" in note
    with pytest.raises(SentimentError, match="Docker is not") as caught:
        project.start(compiled, "docker")
    assert "--engine process" in caught.value.fix


@pytest.mark.docker
def test_several_may_remove_one_container_at_once(project: Project, compiled: Model, docker_engine: Any) -> None:
    """As the terminal that serves and `serve-local --stop` in another do: neither has met trouble."""
    with project.start(compiled, "docker") as running:
        running.wait_ready()
        host = running._host
        with ThreadPoolExecutor(12) as pool:
            done = [pool.submit(act) for act in [host.stop, host.log] * 6]
        for each in done:
            each.result()


@pytest.mark.docker
def test_with_docker_auto_takes_it_and_says_so(project: Project, compiled: Model, docker_engine: Any) -> None:
    with project.start(compiled, "auto") as running:
        running.wait_ready()

    assert running.engine == "docker"
    assert any("Serving with Docker" in event.text for event in project.said if isinstance(event, Note))


@pytest.mark.docker
def test_where_the_image_cannot_be_had_auto_serves_without(
    project: Project, compiled: Model, docker_engine: Any, tmp_path: Path
) -> None:
    # No base image has that Python, and a compiled model does not care.
    with project.start(remade(compiled, tmp_path, python="3.99.1"), "auto") as running:
        running.wait_ready()

    assert running.engine == "process"
    assert any(event.level == "warning" for event in project.said if isinstance(event, Note))


def test_without_a_model_the_way_to_one_is_named(project: Project) -> None:
    with pytest.raises(InputError) as caught:
        project.start(project.folder / "model/model.tar.gz")

    assert "sentiment-cli train" in caught.value.fix


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08\x00cut off"])
def test_a_broken_artifact_is_refused_and_leaves_nothing(project: Project, content: bytes) -> None:
    path = project.folder / "model.tar.gz"
    path.write_bytes(content)

    with pytest.raises(InputError) as caught:
        project.start(path)

    assert caught.value.code == "artifact-unusable"
    assert project.left() == set()
