"""The Chalice project that `init` writes: its own tests pass, whoever may call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_cli import scaffold


@pytest.fixture(params=["api-key", "iam", "none"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for path, content in scaffold.tree("api", name="tweets", auth=request.param, region="eu-west-1"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_its_own_tests_pass(api: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=api, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_function_may_ask_one_endpoint_only(api: Path) -> None:
    policy = json.loads((api / ".chalice/policy-dev.json").read_text())
    [ask] = [each for each in policy["Statement"] if "sagemaker" in str(each["Action"])]
    assert ask["Action"] == "sagemaker:InvokeEndpoint"
    assert ask["Resource"].endswith(":endpoint/tweets-dev")
    config = json.loads((api / ".chalice/config.json").read_text())
    assert config["autogen_policy"] is False
    assert config["lambda_timeout"] < 29
    assert config["api_gateway_endpoint_type"] == "REGIONAL"


def test_chalice_understands_the_project(api: Path) -> None:
    from chalice.cli.factory import CLIFactory

    config = CLIFactory(str(api), environ={"AWS_DEFAULT_REGION": "eu-west-1"}).create_config_obj(
        chalice_stage_name="dev"
    )
    assert config.app_name == "tweets"
    assert config.environment_variables["ENDPOINT_NAME"] == "tweets-dev"
