"""An image is built for the processors that it will run on."""

from __future__ import annotations

import pytest

from sentiment_cli.image.platforms import ARM, X86, platform_of


@pytest.mark.parametrize(
    "instance_type",
    ["ml.c6g.large", "ml.m6gd.large", "ml.c6gn.xlarge", "ml.r8g.2xlarge", "ml.t4g.small", "ml.p6e-gb200.36xlarge"],
)
def test_some_run_arm(instance_type: str) -> None:
    assert platform_of(instance_type) == ARM


@pytest.mark.parametrize(
    "instance_type", ["ml.t2.medium", "ml.c6i.large", "ml.g4dn.xlarge", "ml.g5.xlarge", "ml.p6-b200.48xlarge", ""]
)
def test_all_others_run_x86(instance_type: str) -> None:
    assert platform_of(instance_type) == X86
