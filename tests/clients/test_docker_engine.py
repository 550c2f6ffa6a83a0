"""What an engine was told to make does not stay behind when a later step fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError

from sentiment_cli.clients.docker_addresses import Address
from sentiment_cli.clients.docker_engine import Engine
from sentiment_cli.errors import SentimentError


class Api:
    """Does all it is asked but what is named `broken`."""

    def __init__(self, *broken: str) -> None:
        self.broken = broken
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def ask(*given: Any, **more: Any) -> dict[str, str]:
            self.asked.append(name)
            if name in self.broken:
                raise APIError(f"{name} does not work")
            return {"Name": "volume", "Id": "container"}

        return ask

    def engine(self) -> Engine:
        return Engine(self, Address("unix:///x", ""), {"Version": "1"})


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "model.tar").write_bytes(b"")
    return tmp_path / "model.tar"


@pytest.mark.parametrize("broken", ["create_container", "put_archive"])
def test_a_volume_that_cannot_be_filled_is_removed(archive: Path, broken: str) -> None:
    api = Api(broken)
    with pytest.raises(SentimentError, match="take the model") as caught:
        api.engine().volume_with(archive, image="image", mount="/model", labels={})
    assert broken in caught.value.why
    assert api.asked[-1] == "remove_volume"
    assert ("remove_container" in api.asked) == (broken == "put_archive")


def test_a_volume_that_is_filled_stays(archive: Path) -> None:
    api = Api()
    assert api.engine().volume_with(archive, image="image", mount="/model", labels={}) == "volume"
    assert "remove_volume" not in api.asked


def test_the_first_failure_is_told_where_the_volume_cannot_be_removed_either(archive: Path) -> None:
    with pytest.raises(SentimentError) as caught:
        Api("put_archive", "remove_volume").engine().volume_with(archive, image="image", mount="/model", labels={})
    assert caught.value.why == "put_archive does not work."


@pytest.mark.parametrize(
    ("broken", "after"), [("create_container", ["remove_volume"]), ("start", ["remove_container", "remove_volume"])]
)
def test_a_service_that_does_not_start_leaves_nothing(broken: str, after: list[str]) -> None:
    api = Api(broken)
    with pytest.raises(SentimentError, match="start the container"):
        api.engine().service("image", port=5000, data="/data", environment={}, labels={})
    assert api.asked[api.asked.index(broken) + 1 :] == after
