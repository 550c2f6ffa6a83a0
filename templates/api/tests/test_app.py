"""The API through Chalice's own test client, with botocore's stub in the place of the endpoint."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("AWS_ACCESS_KEY_ID", "none")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "none")
sys.path.insert(0, str(Path(__file__).parent.parent))

from botocore.stub import Stubber
from chalice.test import Client

from app import app
from chalicelib import endpoint, settings

ANSWER = {"output": [{"label": "Positive", "score": 0.97}]}
BODY = {"input": [{"text": "Today was a great day!"}]}


@pytest.fixture
def sagemaker() -> Iterator[Stubber]:
    with Stubber(endpoint.client()) as stub:
        yield stub


def post(body: Any, path: str = "/", kind: str = "application/json") -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Client(app) as client:
        return client.http.post(path, headers={"Content-Type": kind}, body=content)


def expect(stub: Stubber, body: dict[str, Any]) -> None:
    stub.add_response(
        "invoke_endpoint",
        {"Body": io.BytesIO(json.dumps(ANSWER).encode()), "ContentType": "application/json"},
        {"EndpointName": settings.ENDPOINT_NAME, "ContentType": "application/json", "Accept": "application/json",
         "Body": json.dumps(body).encode()},
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/predict"])
def test_texts_are_answered(sagemaker: Stubber, path: str) -> None:
    expect(sagemaker, BODY)
    answer = post(BODY, path)
    assert (answer.status_code, answer.json_body) == (200, ANSWER)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8"])
def test_json_is_read_whatever_it_is_called(sagemaker: Stubber, kind: str) -> None:
    expect(sagemaker, BODY)
    assert post(BODY, kind=kind).status_code == 200


def test_a_defect_is_told_as_a_problem_without_its_details(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAX_BODY_BYTES", "not a number")
    answer = post(BODY)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert b"not a number" not in answer.body


def test_explain_is_passed_on(sagemaker: Stubber) -> None:
    expect(sagemaker, {**BODY, "explain": True})
    assert post({**BODY, "explain": True}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "row"),
    [
        (b"", 400, None),
        (b"not json", 400, None),
        (b"[]", 400, None),
        (b"\xff\xfe", 400, None),
        (b"[" * 100_000, 400, None),
        ({"input": "text"}, 400, None),
        ({"input": [{"text": "fine"}, {"tweet": "not"}]}, 400, 1),
        ({"input": [{"text": None}]}, 400, 0),
        (b'{"input": [{"text": "\\ud800"}]}', 400, None),
        (b'{"input": [], "n": NaN}', 400, None),
        (b'{"input": [], "n": 1e999}', 400, None),
        ('{"input": []}'.encode("utf-16"), 400, None),
        ({"input": [], "explain": "yes"}, 400, None),
        ({"input": [{"text": "x" * 10_001}]}, 413, 0),
        ({"input": [{"text": "x"}] * 1_001}, 413, None),
        (b" " * 1_000_001, 413, None),
    ],
)
def test_a_bad_body_never_reaches_the_endpoint(sagemaker: Stubber, body: Any, status: int, row: int | None) -> None:
    answer = post(body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["status"] == status
    assert problem.get("row") == row


@pytest.mark.parametrize(
    ("code", "extra", "status"),
    [
        ("ModelError", {"OriginalStatusCode": 413, "OriginalMessage": '{"detail": "too long", "row": 3}'}, 413),
        ("ModelError", {"OriginalStatusCode": 500, "OriginalMessage": "boom"}, 502),
        ("ModelError", {"OriginalStatusCode": 503, "OriginalMessage": "busy"}, 503),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": "not json"}, 400),
        ("ThrottlingException", {}, 503),
        ("ModelNotReadyException", {}, 503),
        ("ValidationError", {}, 503),
        ("InternalFailure", {}, 502),
    ],
)
def test_every_failure_of_the_endpoint_has_its_status(
    sagemaker: Stubber, code: str, extra: dict[str, Any], status: int
) -> None:
    sagemaker.add_client_error("invoke_endpoint", code, "secret detail", modeled_fields=extra)
    answer = post(BODY)
    assert answer.status_code == status
    assert b"secret detail" not in answer.body


def test_health_follows_the_endpoint(sagemaker: Stubber) -> None:
    expect(sagemaker, BODY)
    with Client(app) as client:
        assert client.http.get("/health").status_code == 200
    sagemaker.add_client_error("invoke_endpoint", "ValidationError", "gone")
    with Client(app) as client:
        assert client.http.get("/health").status_code == 503


def test_the_page_loads_nothing_from_elsewhere() -> None:
    with Client(app) as client:
        answer = client.http.get("/")
    page = answer.body.decode()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f'data-auth="{settings.AUTH}"' in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 'src="' not in page
    assert "/* script.js */" not in page


def test_only_health_and_the_page_are_open() -> None:
    routes = [route for methods in app.routes.values() for route in methods.values()]
    opened = {(route.uri_pattern, route.method) for route in routes if route.method == "GET"}
    assert opened == {("/", "GET"), ("/health", "GET")}
    for route in routes:
        if route.method == "GET":
            assert not route.api_key_required
            assert route.authorizer is None
            continue
        assert bool(route.api_key_required) == (settings.AUTH == "api-key")
        assert (route.authorizer is not None) == (settings.AUTH == "iam")
