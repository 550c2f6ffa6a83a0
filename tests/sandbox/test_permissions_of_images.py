"""The printed policy is enough where images are built and pushed too, with a real engine and a real registry."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import policy, sandbox
from sentiment_cli.sandbox import rights
from tests.commands.conftest import run, trained  # noqa: F401
from tests.sandbox.permitted import User, requests, user
from tests.sandbox.test_permissions import needed, statements

pytestmark = pytest.mark.docker

ROUND: tuple[tuple[str, ...], ...] = (
    ("plan",),
    ("deploy", "--yes", "--no-api"),
    ("deploy", "--yes", "--no-api"),
    ("train", "--seed", "5"),
    ("deploy", "--yes", "--no-api"),
    ("status",),
    ("teardown", "--yes", "--confirm", "tweets"),
)
# Layers and what Docker pushes go to the registry itself, which the access log does not see; ECR names these actions:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
OF_A_PUSH = {
    "ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
}  # fmt: skip


@pytest.fixture(scope="module")
def ana(docker_engine: Any, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:  # noqa: F811
    project = Path(shutil.copytree(trained, tmp_path_factory.mktemp("permitted") / "tweets"))
    sandbox.up(project, engine="docker")
    yield user(project)
    sandbox.down(project)


def test_a_round_with_images_passes_under_exactly_the_printed_policy(ana: User) -> None:
    ana.may(policy.split(statements()))
    began = len(requests(ana.project))
    for words in ROUND:
        done = run(*words, cwd=ana.project) if words[0] == "train" else ana.run(*words)
        assert done.returncode == 0, (words, done.stderr)
    log = requests(ana.project)[began:]
    assert [each for each in log if str(each.get("error", "")).startswith("AccessDenied")] == []
    asked = list(needed(log))
    assert all(rights.effects(statements(), right, resource) == {"Allow"} for right, resource in asked)

    of_images = {each for statement in statements() for each in statement["Action"] if each.startswith("ecr:")}
    used = {right.action for right, _ in asked}
    assert of_images - used == OF_A_PUSH | {"ecr:PutImageTagMutability"}
