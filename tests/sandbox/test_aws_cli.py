"""Amazon's own command line works against the sandbox as it comes, with nothing but an address and keys."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli.sandbox import ACCOUNT
from tests.sandbox.conftest import Aws


class Cli:
    def __init__(self, program: Path, aws: Aws, home: Path) -> None:
        self._program = program
        self.environment = {**os.environ, **aws.sandbox.environment(), "HOME": str(home), "AWS_PAGER": ""}
        self.environment["AWS_DEFAULT_REGION"] = "eu-west-1"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._program.with_name("python")), str(self._program), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def __call__(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout


@pytest.fixture
def cli(aws_cli: Path, aws: Aws, tmp_path: Path) -> Cli:
    return Cli(aws_cli, aws, tmp_path)


@pytest.mark.slow
def test_who_am_i(cli: Cli, aws: Aws) -> None:
    assert cli("sts", "get-caller-identity")["Account"] == ACCOUNT
    del cli.environment["AWS_ENDPOINT_URL"]
    assert cli("--endpoint-url", aws.sandbox.url, "sts", "get-caller-identity")["Account"] == ACCOUNT


@pytest.mark.slow
def test_files_in_a_bucket(cli: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / "a file").write_bytes(os.urandom(9_000_000))  # more than a part of an upload in parts
    cli("s3", "mb", f"s3://{name}")
    cli("s3", "cp", str(tmp_path / "a file"), f"s3://{name}/in/a file")
    assert name in cli("s3", "ls")
    assert "9000000 a file" in cli("s3", "ls", f"s3://{name}/in/")
    cli("s3", "cp", f"s3://{name}/in/a file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "a file").read_bytes()
    cli("s3", "rb", "--force", f"s3://{name}")
    assert name not in cli("s3", "ls")


@pytest.mark.slow
def test_other_services(cli: Cli, name: str) -> None:
    assert cli("sagemaker", "list-endpoints") == {"Endpoints": []}
    made = cli("ecr", "create-repository", "--repository-name", name)["repository"]
    assert made["repositoryArn"] == f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/{name}"
    assert cli("cloudwatch", "describe-alarms", "--alarm-names", name)["MetricAlarms"] == []
    assert len(cli("service-quotas", "list-service-quotas", "--service-code", "sagemaker")["Quotas"]) > 250


@pytest.mark.slow
def test_a_refusal(cli: Cli) -> None:
    done = cli.run("sagemaker", "describe-model", "--model-name", "a_b")
    assert done.returncode != 0
    assert "(ValidationException) when calling the DescribeModel operation" in done.stderr
    assert "Member must satisfy regular expression pattern" in done.stderr
