"""Names: known before anything exists, within AWS's limits, and never those of another stage."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sentiment_cli.project import NAME_MAX
from sentiment_cli.resources.endpoint_config import EndpointConfig
from sentiment_cli.resources.execution_role import ExecutionRole
from sentiment_cli.resources.model import Model, of_stage
from sentiment_cli.resources.names import STAGE_MAX, STAGE_PATTERN, Names, digest, tag_list

SMALL = Names("a", "dev", "123456789012", "us-east-1")
LARGEST = Names("a" * NAME_MAX, "b" * STAGE_MAX, "123456789012", "ap-southeast-1")


def test_the_longest_names_fit() -> None:
    model = Model(LARGEST, "tag", "0" * 64, "artifacts/key")
    for name in (model.name, EndpointConfig(LARGEST, model.name).name, LARGEST.endpoint):
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", LARGEST.bucket)
    assert len(ExecutionRole(LARGEST).name) <= 64
    assert len(LARGEST.function) <= 64
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*", LARGEST.repository)


@pytest.mark.parametrize("other", [{"account": "210987654321"}, {"region": "eu-west-1"}, {"project": "b"}])
def test_a_bucket_is_of_one_account_and_region(other: dict[str, str]) -> None:
    assert replace(SMALL, **other).bucket != SMALL.bucket  # type: ignore[arg-type]
    assert SMALL.account not in SMALL.bucket


def test_a_stage_has_no_hyphen_so_that_a_name_means_one_project_and_stage() -> None:
    assert re.match(STAGE_PATTERN, "dev2")
    assert not any(re.match(STAGE_PATTERN, each) for each in ("b-dev", "", "2", "Dev", "dev_"))


def test_names_that_begin_alike_are_told_apart() -> None:
    ours = f"a-dev-{digest({})}"
    others = [f"a-dev-b-dev-{digest({})}", f"a-devel-{digest({})}", f"x-a-dev-{digest({})}", "a-dev", "a-dev-12345"]
    assert of_stage(SMALL, [*others, ours]) == [ours]


def test_a_digest_follows_the_content_and_not_its_order() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
    assert re.fullmatch("[0-9a-f]{10}", digest({}))


def test_tags_are_listed_as_aws_wants_them() -> None:
    assert tag_list(SMALL.tags) == [
        {"Key": "sentiment-cli:project", "Value": "a"},
        {"Key": "sentiment-cli:stage", "Value": "dev"},
    ]
