"""Asking an endpoint: in batches, in order, and with the number of the text that is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest

from sentiment_cli.clients.endpoint import EndpointClient
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import InputError, SentimentError
from sentiment_cli.events import ignore
from tests.resources.hosted import Stage

KIND, UNKIND = "what a great day", "what an awful day"


@pytest.fixture
def client(stage: Stage, english: bytes, hasty: None) -> EndpointClient:
    one = stage.endpoint(english)
    one.create(stage.aws, ignore)
    return EndpointClient(stage.aws, one.name)


def answering(aws: Aws, monkeypatch: pytest.MonkeyPatch, body: bytes) -> EndpointClient:
    """A client of an endpoint that answers `body`."""
    said = {"Body": io.BytesIO(body)}
    monkeypatch.setattr(aws.client("sagemaker-runtime"), "invoke_endpoint", lambda **request: said)
    return EndpointClient(aws, "tweets")


def test_an_endpoint_answers_in_order_and_refuses_by_number(client: EndpointClient, operations: Any) -> None:
    texts = [KIND if number % 3 else UNKIND for number in range(1201)]
    before = len(operations("sagemaker-runtime"))

    output = client.ask(texts)["output"]

    assert [each["label"] for each in output] == ["Positive" if text == KIND else "Negative" for text in texts]
    assert len(operations("sagemaker-runtime")) - before == 3, "500, 500 and 201"

    (explained,) = client.ask([KIND], explain=True)["output"]
    assert "great" in str(explained)

    with pytest.raises(InputError) as caught:
        client.ask([*texts[:700], "\ud83d" + KIND])
    assert caught.value.exit_code == 2

    with pytest.raises(InputError) as caught:
        client.ask([*texts[:700], "x" * 2_000_000])
    assert caught.value.exit_code == 2
    assert "Text 701" in caught.value.why
    assert caught.value.code.startswith("http-4")


def test_an_endpoint_that_is_not_there_is_told(aws: Aws) -> None:
    with pytest.raises(SentimentError) as caught:
        EndpointClient(aws, "nothing").ask([KIND])

    assert caught.value.code == "ValidationError"
    assert caught.value.what == "Cannot ask the endpoint nothing."
    assert "deploy" in caught.value.fix


NONE, TWO = b'{"output": []}', b'{"output": [{"label": "a", "score": 1.0}, {"label": "a", "score": 1.0}]}'


@pytest.mark.parametrize("body", [b"<html>", b'{"predictions": []}', b"[]", b'{"output": [{"label": 1}]}', NONE, TWO])
def test_an_answer_that_is_no_prediction_is_told(aws: Aws, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    with pytest.raises(SentimentError, match="not a prediction") as caught:
        answering(aws, monkeypatch, body).ask([KIND])

    assert caught.value.code == "not-ours"


def test_without_texts_nothing_is_asked(aws: Aws) -> None:
    assert EndpointClient(aws, "nothing").ask([]) == {"output": []}
