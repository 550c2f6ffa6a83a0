"""The printed policy is enough for every command, and every statement of it is needed.

One round of all commands is run under it. Which statement allowed which request is then worked out from the access log;
one a day is taken away for real, see `tests.rotation`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import policy, sandbox
from sentiment_cli.resources.names import Names
from sentiment_cli.sandbox import ACCOUNT, rights
from tests import rotation
from tests.commands.conftest import run, trained  # noqa: F401
from tests.sandbox.permitted import User, requests, user

NAMES = Names("tweets", "dev", ACCOUNT, "eu-west-1")
ROUND: tuple[tuple[str, ...], ...] = (
    ("doctor",),
    ("plan",),
    ("deploy", "--yes"),
    ("deploy", "--yes"),
    ("train", "--seed", "5"),
    ("deploy", "--yes", "--expires-in", "8h"),
    ("deploy", "--yes", "--expires-in", "9h"),
    ("status",),
    ("logs",),
    ("invoke", "--target", "endpoint", "good"),
    ("invoke", "--target", "api", "good"),
    ("rollback", "--yes"),
    ("deploy", "--yes", "--api-auth", "iam"),
    ("invoke", "--target", "api", "good"),
    ("teardown", "--yes", "--confirm", "tweets"),
)
# What this round, whose servers are processes, does not come to.
PUSH = "an image is built and pushed only where there is Docker; layers go to the registry, which no door sees"
MENDING = "somebody has changed by hand what is mended then"
UNUSED = {
    **dict.fromkeys((
        "ecr:BatchCheckLayerAvailability", "ecr:BatchDeleteImage", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
        "ecr:DescribeImages", "ecr:GetAuthorizationToken", "ecr:InitiateLayerUpload", "ecr:PutImage",
        "ecr:UploadLayerPart",
    ), PUSH),
    **dict.fromkeys((
        "ecr:PutImageTagMutability", "iam:DetachRolePolicy", "iam:UpdateAssumeRolePolicy",
    ), MENDING),
    "logs:DescribeLogStreams": "the last lines of an endpoint that failed",
    "logs:GetLogEvents": "the last lines of an endpoint that failed",
    "s3:AbortMultipartUpload": "an upload that was begun and never finished",
    "s3:DeleteObject": "an artifact that is not what it should be",
}  # fmt: skip
TAKEN_AWAY = (
    ("Look", ("status",), ":List"),
    ("Bucket", ("plan",), "s3:ListBucket"),
    ("Roles", ("plan",), "iam:GetRole"),
    ("PassRoles", ("deploy", "--yes", "--no-api"), "iam:PassRole"),
    ("Tags", ("deploy", "--yes", "--no-api"), "sagemaker:AddTags"),
)


def statements() -> list[dict[str, Any]]:
    return [each for document in policy.deployer(NAMES, signed=True) for each in document["Statement"]]


@pytest.fixture(scope="module")
def ana(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:  # noqa: F811
    project = Path(shutil.copytree(trained, tmp_path_factory.mktemp("permitted") / "tweets"))
    sandbox.up(project, engine="process")
    yield user(project)
    sandbox.down(project)


@pytest.fixture(scope="module")
def log(ana: User) -> list[dict[str, Any]]:
    """Every request of a whole round under the printed policy."""
    ana.may(policy.split(statements()))
    began = len(requests(ana.project))
    for words in ROUND:
        done = run(*words, cwd=ana.project) if words[0] == "train" else ana.run(*words)
        assert done.returncode == 0, (words, done.stderr)
    return requests(ana.project)[began:]


def needed(log: list[dict[str, Any]]) -> Iterator[tuple[rights.Right, str]]:
    for request in log:
        for each in request["rights"]:
            assert each["resources"], f"{each['action']}: what it is about is not known"
            for resource in each["resources"]:
                yield rights.Right(each["action"], [resource], each["circumstances"]), resource


def test_a_whole_round_passes_under_exactly_the_printed_policy(log: list[dict[str, Any]]) -> None:
    assert len(log) > 200
    assert [each for each in log if str(each.get("error", "")).startswith("AccessDenied")] == []


@pytest.mark.parametrize("sid", [each["Sid"] for each in statements()])
def test_without_a_statement_something_is_denied(log: list[dict[str, Any]], ana: User, sid: str) -> None:
    rest = [each for each in statements() if each["Sid"] != sid]
    arn = f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:a1b2c3/api/POST/predict"  # the API's requests are in no log of AWS
    asked = [*needed(log), (rights.Right("execute-api:Invoke", [arn]), arn)]
    assert all(rights.effects(statements(), right, resource) == {"Allow"} for right, resource in asked)
    assert any(rights.effects(rest, right, resource) == set() for right, resource in asked), sid


def test_no_action_is_there_for_nothing(log: list[dict[str, Any]]) -> None:
    used = {right.action for right, _ in needed(log)} | {"execute-api:Invoke"}
    named = {action for each in statements() for action in each["Action"]}
    assert named - used == set(UNUSED)


@pytest.mark.parametrize(("sid", "words", "action"), rotation.part(TAKEN_AWAY, len(TAKEN_AWAY)))
def test_a_command_says_which_action_it_lacks(
    log: list[dict[str, Any]], ana: User, sid: str, words: tuple[str, ...], action: str
) -> None:
    ana.may(policy.split([each for each in statements() if each["Sid"] != sid]))
    done = ana.run(*words, "--json")
    assert done.returncode not in (0, 2), done.stdout
    error = json.loads(done.stdout)["error"]
    assert action in f"{error['what']} {error['why']} {error['fix']}"
    assert "sentiment-cli policy" in error["fix"]
