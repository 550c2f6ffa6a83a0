"""The endpoint configuration: one variant of one model on one machine, named by both, and never changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sentiment_cli.events import ignore
from sentiment_cli.resources import endpoint_config
from sentiment_cli.resources.endpoint_config import EndpointConfig, model_of
from sentiment_cli.resources.names import VERSION_TAG
from tests.resources.hosted import BROKEN, Stage


@pytest.fixture
def planned(stage: Stage) -> EndpointConfig:
    """A configuration that is not made yet, of a model that is."""
    model = stage.model(BROKEN)
    model.create(stage.aws, ignore)
    return EndpointConfig(stage.names, model.name)


def test_what_is_made_is_kept(stage: Stage, planned: EndpointConfig) -> None:
    assert planned.describe(stage.aws) is None

    planned.create(stage.aws, ignore)
    planned.create(stage.aws, ignore)

    decision = planned.compare(planned.describe(stage.aws) or {})
    assert (decision.action, decision.reason) == ("keep", "same model on 1 x ml.t2.medium")


def test_it_has_one_variant_on_instances_or_none(stage: Stage, planned: EndpointConfig) -> None:
    serverless = replace(planned, hosting="serverless", memory_mb=1024)
    for each in (planned, serverless):
        each.create(stage.aws, ignore)

    (variant,) = (planned.describe(stage.aws) or {})["ProductionVariants"]
    assert (variant["VariantName"], variant["ModelName"]) == ("AllTraffic", planned.model)
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.t2.medium", 1)
    (variant,) = (serverless.describe(stage.aws) or {})["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 1024, "MaxConcurrency": 10}
    assert "InstanceType" not in variant
    assert serverless.compare({}).reason == "same model on serverless, 1024 MB"


def test_it_carries_its_version(stage: Stage, planned: EndpointConfig) -> None:
    planned.create(stage.aws, ignore)

    arn = (planned.describe(stage.aws) or {})["EndpointConfigArn"]
    tags = stage.aws.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    expected = {**stage.names.tags, VERSION_TAG: planned.version}
    assert {each["Key"]: each["Value"] for each in tags} == expected
    assert planned.name == f"{stage.names.prefix}-{planned.version}"


@pytest.mark.parametrize("other", [
    {"model": "another"}, {"instance_type": "ml.m5.large"}, {"instance_count": 2}, {"hosting": "serverless"},
])  # fmt: skip
def test_another_content_is_another_name(planned: EndpointConfig, other: dict[str, Any]) -> None:
    assert replace(planned, **other).name != planned.name


def test_what_plays_no_part_does_not_change_the_name(planned: EndpointConfig) -> None:
    serverless = replace(planned, hosting="serverless")
    assert replace(planned, memory_mb=4096).name == planned.name
    assert replace(serverless, instance_count=3).name == serverless.name != replace(serverless, memory_mb=4096).name


def test_looking_changes_nothing(stage: Stage, planned: EndpointConfig, changes: Any) -> None:
    planned.create(stage.aws, ignore)
    changes()

    planned.compare(planned.describe(stage.aws) or {})
    endpoint_config.existing(stage.aws, stage.names)
    model_of(stage.aws, planned.name)

    assert changes() == []


def test_the_model_that_it_serves_is_known(stage: Stage, planned: EndpointConfig) -> None:
    assert model_of(stage.aws, planned.name) == ""
    planned.create(stage.aws, ignore)

    assert model_of(stage.aws, planned.name) == planned.model


def test_only_its_own_stage_finds_it_the_newest_first(stage: Stage, planned: EndpointConfig) -> None:
    longer = replace(planned, names=replace(stage.names, project=f"{stage.names.project}-dev"))
    second = replace(planned, instance_count=2)
    for each in (planned, second, longer):
        each.create(stage.aws, ignore)

    assert [each.name for each in endpoint_config.existing(stage.aws, stage.names)] == [second.name, planned.name]
    assert [each.name for each in endpoint_config.existing(stage.aws, longer.names)] == [longer.name]
    assert endpoint_config.existing(stage.aws, replace(stage.names, stage="de")) == []


def test_it_is_removed_once_only(stage: Stage, planned: EndpointConfig) -> None:
    planned.create(stage.aws, ignore)
    (one,) = endpoint_config.existing(stage.aws, stage.names)

    one.delete(ignore)
    one.delete(ignore)

    assert endpoint_config.existing(stage.aws, stage.names) == []
