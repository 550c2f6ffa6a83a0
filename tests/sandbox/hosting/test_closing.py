"""A sandbox that closes leaves nothing, whatever its endpoints are at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_cli.sandbox.hosting import instances
from tests.sandbox.hosting.conftest import Account, Sandbox, archive, until
from tests.sandbox.hosting.test_endpoints import servers


def creating(aws: Account, english: bytes) -> None:
    aws.model("m", english)
    aws.config("c", "m")
    aws.sagemaker.create_endpoint(EndpointName="tweets", EndpointConfigName="c")


def crashing(aws: Account, english: bytes) -> None:
    creating(aws, archive(broken=b""))
    until(aws.log, bool)


def updating(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    aws.config("c2", "tweets-1")
    aws.sagemaker.update_endpoint(EndpointName="tweets", EndpointConfigName="c2")


def deleting(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    aws.sagemaker.delete_endpoint(EndpointName="tweets")


def serving(aws: Account, english: bytes) -> None:
    aws.hosted(english)
    aws.hosted(english, "more")


@pytest.mark.parametrize("state", [creating, crashing, updating, deleting, serving])
def test_nothing_is_left(
    tmp_path: Path, english: bytes, state: Callable[[Account, bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "PAUSE_SECONDS", 0.2)
    sandbox = Sandbox(tmp_path, "process")
    try:
        state(Account(sandbox.url), english)
    finally:
        sandbox.close()
    assert servers(sandbox) == []
    assert list((tmp_path / "hosting").iterdir()) == []
