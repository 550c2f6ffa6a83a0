"""What is deployed as other machines meet it, and after its endpoint or all but its bucket is gone."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import sandbox
from sentiment_cli.clients.session import connect
from sentiment_cli.sandbox import Sandbox
from tests.commands.conftest import Done, in_sandbox, run

TEXT = "what a lovely day, I love it"
NOBODY = "Error: Nothing is listening at http://127.0.0.1:8080.\n"


@pytest.fixture(scope="module")
def box(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with in_sandbox(trained, tmp_path_factory.mktemp("deployed")) as folder:
        yield sandbox.up(folder)


@pytest.fixture(scope="module")
def project(box: Sandbox) -> Path:
    """Where it was deployed: all of it, and a second stage without an API."""
    folder = box.folder.parents[1]
    deploy(folder)
    deploy(folder, "--stage", "second", "--no-api")
    return folder


@pytest.fixture
def clone(project: Path, tmp_path: Path) -> Path:
    """The same project on another machine: without what was trained, and without any record."""
    return Path(shutil.copytree(project, tmp_path / "clone", ignore=shutil.ignore_patterns(".sentiment", "model")))


def deploy(project: Path, *arguments: str) -> None:
    done = run("deploy", "--sandbox", "--skip-local-test", "--yes", *arguments, cwd=project)
    assert done.returncode == 0, done.stderr


def ask(folder: Path, box: Sandbox | None, *arguments: str, code: int = 0, **environment: str) -> Done:
    """`invoke`, for which AWS is the sandbox, if one is named."""
    done = run("invoke", "--json", TEXT, *arguments, cwd=folder, **(box.environment() if box else {}), **environment)
    assert done.returncode == code, done.stderr
    return done


def delete(sagemaker: Any) -> None:
    """Delete the endpoint, and wait until it is gone."""
    sagemaker.delete_endpoint(EndpointName="tweets-dev")
    deadline = time.monotonic() + 30
    while "tweets-dev" in {each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def requests(box: Sandbox) -> int:
    return len(box.access_log.read_text().splitlines())


def error(done: Done) -> dict[str, str]:
    return dict(json.loads(done.stdout)["error"])


def test_a_fresh_clone_finds_what_is_deployed(clone: Path, box: Sandbox) -> None:
    done = ask(clone, box)
    assert json.loads(done.stdout)["output"][0]["label"] == "Positive"
    assert done.stderr == "Asking the API of stage dev.\n"
    assert ask(clone, box, "--stage", "second").stderr == "Asking the endpoint of stage second.\n"
    assert not (clone / ".sentiment").exists()
    settings = clone / "sentiment.toml"
    settings.write_text(settings.read_text().replace('region = "eu-west-1"', ""))
    assert ask(clone, box, "--region", "eu-west-1").stdout == done.stdout
    seen = requests(box)
    assert ask(clone, box, code=1).stderr.startswith(NOBODY)  # without a region there is nowhere to look
    assert requests(box) == seen


def test_where_nothing_is_deployed_that_is_said(clone: Path, box: Sandbox) -> None:
    done = ask(clone, box, "--stage", "third", code=1)
    assert done.stderr.startswith(f"Nothing of stage third is deployed in eu-west-1.\n{NOBODY}")
    assert error(done)["code"] == "not-serving"


def test_a_server_on_this_machine_is_found_without_a_question_to_aws(home: Path, served: str, box: Sandbox) -> None:
    seen = requests(box)
    assert json.loads(ask(home, box).stdout)["output"]
    assert requests(box) == seen


def test_without_credentials_all_is_as_ever(clone: Path) -> None:
    assert ask(clone, None, code=1).stderr.startswith(NOBODY)


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch"),
        ({"AWS_PROFILE": "nobody"}, "There is no AWS profile 'nobody'."),
    ],
)
def test_an_aws_that_does_not_say_is_told_and_is_no_error(
    clone: Path, box: Sandbox, environment: dict[str, str], why: str
) -> None:
    done = run("invoke", "--json", TEXT, cwd=clone, **{**box.environment(), **environment})
    told, _, rest = done.stderr.partition("\nError:")
    assert told.startswith("AWS does not say whether stage dev is deployed: ")
    assert why in " ".join(told.split())
    assert f"Error:{rest}".startswith(NOBODY)


def test_a_sandbox_whose_records_are_lost_is_asked_too(project: Path, tmp_path: Path) -> None:
    stages = project / ".sentiment/sandbox/stages"
    kept = Path(shutil.copytree(stages, tmp_path / "stages"))
    shutil.rmtree(stages)
    try:
        assert ask(project, None, "--sandbox").stderr == "Asking the API of stage dev.\n"
        assert ask(project, None, "--sandbox", "--stage", "second").stderr == "Asking the endpoint of stage second.\n"
    finally:
        shutil.copytree(kept, stages)


def test_an_endpoint_that_is_gone_is_told_with_the_remedy(
    project: Path, clone: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in box.environment().items():
        monkeypatch.setenv(name, value)
    sagemaker = connect("eu-west-1").client("sagemaker")

    def gone(folder: Path, *arguments: str) -> dict[str, Any]:
        return error(ask(folder, None, *arguments, code=1))

    delete(sagemaker)
    by_api, directly = gone(project, "--sandbox"), gone(project, "--sandbox", "--target", "endpoint")
    assert by_api["what"] == "The endpoint tweets-dev is not there, so its API cannot answer."
    assert directly["what"] == "The endpoint tweets-dev is not there."
    assert (by_api["code"], directly["code"]) == ("no-endpoint", "ValidationError")
    for each in (by_api, directly):
        assert "was deployed from here, and deleted since then" in each["why"]
        assert "`sentiment-cli deploy --sandbox`" in each["fix"]
    elsewhere = gone(clone)
    assert elsewhere["why"] == "It was not deployed, expired, or was deleted."
    assert "`sentiment-cli deploy`" in elsewhere["fix"]

    deploy(project, "--expires-in", "8h")
    ask(project, None, "--sandbox")
    sagemaker.delete_endpoint(EndpointName="tweets-dev")  # whether or not it is gone at once
    assert "a time to end (--expires-in): it expired, or was deleted" in gone(project, "--sandbox")["why"]
    deploy(project)
    assert ask(project, None, "--sandbox").stdout


def test_what_is_kept_is_named(project: Path, box: Sandbox) -> None:
    def teardown(*arguments: str) -> tuple[dict[str, list[str]], str]:
        done = run("teardown", "--sandbox", "--yes", "--confirm", "tweets", "--json", *arguments, cwd=project)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    said, told = teardown("--keep-data")
    [bucket] = said["kept"]
    assert bucket.startswith("artifact bucket tweets-dev-")
    assert bucket not in said["deleted"]
    assert said["remaining"] == []
    assert f"Kept: {bucket}. Nothing else of tweets-dev is on AWS." in told
    assert "`sentiment-cli teardown --sandbox` without --keep-data" in told
    assert "There is nothing" not in told
    assert teardown("--keep-data")[0] == {"deleted": [], "remaining": [], "kept": [bucket]}
    said, told = teardown()
    assert (said["deleted"], said["kept"]) == ([bucket], [])
    assert "There is nothing of tweets-dev on AWS." in told
