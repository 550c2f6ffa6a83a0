"""`policy` prints a document that can be given to AWS as it is, also without credentials."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import run

HERE = ("--account", "123456789012", "--region", "eu-west-1")


@pytest.mark.parametrize(
    ("holder", "action"),
    [("deployer", "iam:PassRole"), ("execution-role", "s3:GetObject"), ("api-role", "sagemaker:InvokeEndpoint")],
)
def test_a_document_on_stdout_without_credentials(project: Path, holder: str, action: str) -> None:
    done = run("policy", "--for", holder, *HERE, cwd=project)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["Version"] == "2012-10-17"
    assert action in done.stdout
    [line] = run("policy", "--for", holder, *HERE, "--json", cwd=project).stdout.splitlines()
    assert json.loads(line) == {"policies": [document]}


@pytest.mark.parametrize("flags", [("--account", "12"), ("--account", "123456789012", "--region", "mars-1")])
def test_what_is_wrong_is_said(project: Path, flags: tuple[str, ...]) -> None:
    assert run("policy", *flags, cwd=project).returncode == 2


def test_without_account_or_credentials(project: Path) -> None:
    done = run("policy", "--region", "eu-west-1", cwd=project)
    assert done.returncode == 4
    assert "credentials" in done.stderr


def test_who_may_call_the_api_is_said_as_for_deploy(project: Path) -> None:
    """The flag over the variable over the file; only an API of signed requests may be asked."""

    def asks(*flags: str, **environment: str) -> bool:
        done = run("policy", *HERE, *flags, cwd=project, **environment)
        assert done.returncode == 0, done.stderr
        return "execute-api:Invoke" in done.stdout

    assert not asks()
    assert asks("--api-auth", "iam")
    assert asks(SENTIMENT_API_AUTH="iam")
    toml = project / "sentiment.toml"
    toml.write_text(toml.read_text().replace('auth = "api-key"', 'auth = "iam"'))
    assert asks()
    assert not asks("--api-auth", "none")
    assert not asks("--api-auth", "api-key", SENTIMENT_API_AUTH="iam")
