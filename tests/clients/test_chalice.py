"""Chalice as its users run it, against the sandbox; and what becomes of its errors."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_cli.clients import chalice
from sentiment_cli.clients.session import connect
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Event, LogLine
from tests.resources.api.conftest import project
from tests.sandbox.gateway.conftest import Aws, aws  # noqa: F401 - a fixture


@pytest.fixture
def app(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    for variable, value in aws.environment().items():
        monkeypatch.setenv(variable, value)
    project(tmp_path, "chalice-itself")
    return tmp_path / "api"


def record(app: Path) -> dict[str, str]:
    found = json.loads((app / ".chalice/deployed/dev.json").read_text())["resources"]
    return {key: value for each in found for key, value in each.items()}


def chalice_itself(app: Path, aws: Aws, *arguments: str) -> str:  # noqa: F811
    """What the program of that name says, which the user may run as well."""
    program, environment = Path(sys.executable).with_name("chalice"), {**os.environ, **aws.environment()}
    done = subprocess.run([program, *arguments], cwd=app, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_deployment_says_what_it_does(app: Path, aws: Aws) -> None:  # noqa: F811
    events: list[Event] = []
    way = connect("us-east-1")
    chalice.deploy(way, app, "dev", events.append)
    lines = [event.text for event in events if isinstance(event, LogLine)]
    assert "Creating Rest API" in lines
    first = record(app)["rest_api_id"]
    chalice.deploy(way, app, "dev", events.append)
    assert record(app)["rest_api_id"] == first
    chalice_itself(app, aws, "delete", "--stage", "dev")
    gateway = aws.client("apigateway")
    assert first not in {each["id"] for each in gateway.get_rest_apis()["items"]}
    assert aws.secret not in repr(events)


def test_no_folder_of_the_users_gets_compiled_files(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (app / "app.py").write_text("import chalicelib\nraise RuntimeError('it was read')\n")
    with pytest.raises(SentimentError, match="deploy the API") as refused:
        chalice.deploy(connect("us-east-1"), app, "dev", lambda event: None)
    assert "it was read" in refused.value.why
    assert not [*app.rglob("__pycache__")]


def test_chalice_is_loaded_without_what_asks_questions() -> None:
    code = """
import sys
from sentiment_cli.clients.chalice_program import _chalice
assert _chalice().__module__ == "chalice.cli"
import botocore.session
print(type(botocore.session.Session().get_component("data_loader")).__name__, "blessed" in sys.modules)
import inquirer
assert inquirer.Text
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "Descriptions False\n", done.stderr


def test_the_program_itself_works_unchanged(app: Path, aws: Aws) -> None:  # noqa: F811
    chalice_itself(app, aws, "deploy", "--stage", "dev")
    assert record(app)["rest_api_id"] in chalice_itself(app, aws, "url", "--stage", "dev")
    chalice_itself(app, aws, "delete", "--stage", "dev")
    assert record(app) == {}


def test_the_credentials_are_those_of_the_session_not_of_the_shell(
    app: Path,
    aws: Aws,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way = connect("us-east-1")
    way.session.get_credentials()
    monkeypatch.setenv("AWS_PROFILE", "somebody-else")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SANDBOX999999999999")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "old")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    chalice.deploy(way, app, "dev", lambda event: None)
    assert record(app)["lambda_arn"].startswith("arn:aws:lambda:us-east-1:123456789012:")
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    chalice_itself(app, aws, "delete", "--stage", "dev")


def test_what_aws_refuses_keeps_its_code(app: Path) -> None:
    config = json.loads((app / ".chalice/config.json").read_text())
    config["stages"]["dev"] |= {"manage_iam_role": False, "iam_role_arn": "arn:aws:iam::123456789012:role/missing-role"}
    (app / ".chalice/config.json").write_text(json.dumps(config))
    policy = app / ".chalice/policy-dev.json"
    policy.unlink()
    config["stages"]["dev"] |= {"lambda_timeout": 100_000}
    (app / ".chalice/config.json").write_text(json.dumps(config))
    with pytest.raises(SentimentError) as refused:
        chalice.deploy(connect("us-east-1"), app, "dev", lambda event: None)
    assert refused.value.code not in ("chalice", "failed")
    assert "AWS says" in refused.value.why


def test_an_app_that_cannot_be_read_is_named(app: Path) -> None:
    (app / "app.py").write_text("raise RuntimeError('no such setting')\n")
    with pytest.raises(SentimentError) as refused:
        chalice.deploy(connect("us-east-1"), app, "dev", lambda event: None)
    assert "no such setting" in refused.value.why
    assert refused.value.code == "chalice"


DEPLOYS = (
    "import boto3, sys; from pathlib import Path; from sentiment_cli.clients import chalice, session\n"
    "aws = session.Aws('123456789012', 'us-east-1', 'aws', '', boto3.session.Session(region_name='us-east-1'))\n"
    "chalice.deploy(aws, Path(sys.argv[1]), 'dev', lambda event: None)"
)


def test_chalice_does_not_go_on_when_whoever_started_it_is_killed(app: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with subprocess.Popen([sys.executable, "-c", DEPLOYS, str(app)], env=environment) as program:
            waiting, _ = silent.accept()  # for an answer that will not come
            program.kill()
        waiting.settimeout(10)
        while waiting.recv(65536):  # ends with the connection, and that with Chalice
            pass
        waiting.close()
