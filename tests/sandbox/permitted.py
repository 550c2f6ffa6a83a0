"""A user of a sandbox who may do what a policy says, and the program run as that user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from sentiment_cli import sandbox

# The sandbox's own flag means its owner: here it means the user.
PROGRAM = """
import os, sys
from sentiment_cli.sandbox import Sandbox
whole = Sandbox.environment
mine = {name: os.environ[name.replace("AWS", "USER")] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
Sandbox.environment = lambda self: {**whole(self), **mine}
from sentiment_cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@dataclass(frozen=True)
class User:
    """A user of the sandbox of a project."""

    project: Path
    name: str
    keys: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`sentiment-cli ARGUMENTS --sandbox` as this user."""
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments, "--sandbox"],
            cwd=self.project, env={**os.environ, **self.keys}, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def may(self, documents: list[dict[str, Any]]) -> None:
        """From here on this, and nothing else, is allowed: by managed policies, for a user's own are too short."""
        iam = client(self.project, "iam")
        for each in iam.list_attached_user_policies(UserName=self.name)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=self.name, PolicyArn=each["PolicyArn"])
            iam.delete_policy(PolicyArn=each["PolicyArn"])
        for number, document in enumerate(documents):
            made = iam.create_policy(PolicyName=f"{self.name}-{number}", PolicyDocument=json.dumps(document))
            iam.attach_user_policy(UserName=self.name, PolicyArn=made["Policy"]["Arn"])


def client(project: Path, service: str) -> Any:
    """As the owner of the account."""
    found = sandbox.find(project)
    assert found is not None
    return boto3.client(
        service, "eu-west-1", endpoint_url=found.url, aws_access_key_id=found.access_key,
        aws_secret_access_key=found.secret_key,
    )  # fmt: skip


def user(project: Path, name: str = "ana") -> User:
    iam = client(project, "iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"USER_ACCESS_KEY_ID": key["AccessKeyId"], "USER_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    return User(project, name, keys)


def requests(project: Path) -> list[dict[str, Any]]:
    """The access log."""
    found = sandbox.find(project)
    assert found is not None
    return [json.loads(line) for line in found.access_log.read_text().splitlines()]
