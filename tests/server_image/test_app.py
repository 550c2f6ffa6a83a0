"""The HTTP contract, spoken to a real server."""

from __future__ import annotations

import math

import httpx
import orjson
import pytest
from running_server import RunningServer, StartServer


def post(server: RunningServer, body: bytes, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = httpx.Request("POST", f"{server.url}/invocations", content=body, headers=names)
    with httpx.Client(timeout=20) as client:
        return client.send(request)


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    """The answer as a problem that is well formed in every way."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert body["status"] == status
    assert set(body) <= {"type", "title", "status", "detail", "row"}
    assert str(body["type"]).startswith("urn:sentiment-server:problem:")
    assert body["title"]
    assert body["detail"]
    return body


def test_labels_and_scores_in_the_order_of_the_texts(lexicon: RunningServer) -> None:
    response = lexicon.ask("I love it", "I hate it", "bad")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    rows = response.json()["output"]
    assert [row["label"] for row in rows] == ["Positive", "Negative", "Negative"]
    assert rows[0]["score"] == pytest.approx(1 / (1 + math.exp(-2)))
    assert all(set(row) == {"label", "score"} for row in rows)


def test_no_texts_are_no_labels(lexicon: RunningServer) -> None:
    assert lexicon.ask().json() == {"output": []}


def test_explain_names_the_words_that_did_it(lexicon: RunningServer) -> None:
    response = post(lexicon, b'{"input": [{"text": "not good , love"}, {"text": "zzz"}], "explain": true}')
    first, second = response.json()["output"]
    assert first["explanation"] == [
        {"word": "love", "weight": 2.0},
        {"word": "good", "weight": 1.0},
        {"word": "not", "weight": -0.75},
    ]
    assert second["explanation"] == []


def test_members_that_it_does_not_know_are_left_alone(lexicon: RunningServer) -> None:
    response = post(lexicon, b'{"input": [{"text": "love", "id": 7}], "explain": false, "source": "x"}')
    assert response.json()["output"][0]["label"] == "Positive"


@pytest.mark.parametrize("header", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", ""])
def test_content_types_that_mean_json(lexicon: RunningServer, header: str) -> None:
    assert post(lexicon, b'{"input": [{"text": "love"}]}', content_type=header).status_code == 200


@pytest.mark.parametrize("name", ["application/jsonlines", "application/jsonl", "application/x-ndjson"])
def test_json_lines_in_and_out(lexicon: RunningServer, name: str) -> None:
    response = post(lexicon, b'{"text": "love"}\r\n\n{"text": "hate"}', content_type=name)
    assert response.headers["content-type"] == "application/jsonlines"
    lines = response.text.splitlines()
    assert [orjson.loads(line)["label"] for line in lines] == ["Positive", "Negative"]
    assert response.text.endswith("\n")


def test_csv_in_and_out(lexicon: RunningServer) -> None:
    body = 'love\n"hate, awful"\n"a ""good"" one\nover two lines"\n\nbad'
    response = post(lexicon, body.encode(), content_type="text/csv")
    assert response.headers["content-type"] == "text/csv"
    labels = [line.split(",")[0] for line in response.text.splitlines()]
    assert labels == ["Positive", "Negative", "Positive", "Positive", "Negative"]
    assert float(response.text.splitlines()[3].split(",")[1]) == 0.5  # the empty line


def test_a_csv_header_is_no_text(lexicon: RunningServer) -> None:
    response = post(lexicon, b"\xef\xbb\xbfText\r\nlove\r\n", content_type="text/csv; charset=UTF-8")
    assert response.text.count("\n") == 1


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("Accept", "application/json"),
        (";;;,/,q=", "application/json"),
        ("image/png", "application/json"),
        ("application/json;q=nan", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*;q=0.1, application/jsonlines;q=0.9", "application/jsonlines"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/x-ndjson", "application/jsonlines"),
    ],
)
def test_accept_chooses_and_nonsense_is_everything(
    lexicon: RunningServer, accept: str | None, content_type: str
) -> None:
    headers = {} if accept is None else {"accept": accept}
    response = post(lexicon, b'{"input": [{"text": "love"}]}', **headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("body", "kind", "row"),
    [
        (b"", "not-json", None),
        (b"love", "not-json", None),
        (b'{"input": [', "not-json", None),
        (b'{"input": [{"text": NaN}]}', "not-json", None),
        (b'{"input": [{"text": "\\ud800"}]}', "not-json", None),
        (b'{"input": [{"text": "\xed\xa0\x80"}]}', "not-json", None),
        (b'{"input": [{"text": "\xff"}]}', "not-json", None),
        (b'{"input": [{"text": "a\x00b"}]}', "not-json", None),
        (b"[" * 100_000, "not-json", None),
        (b'{"input":' * 50_000, "not-json", None),
        ('{"input": [{"text": "x"}]}'.encode("utf-16"), "not-json", None),
        (b"[]", "shape", None),
        (b"null", "shape", None),
        (b'"x"', "shape", None),
        (b"1e999", "not-json", None),
        (b"9" * 5000, "not-json", None),
        (b"{}", "shape", None),
        (b'{"input": null}', "shape", None),
        (b'{"input": {"text": "x"}}', "shape", None),
        (b'{"input": "x"}', "shape", None),
        (b'{"input": [], "explain": 1}', "shape", None),
        (b'{"input": [], "explain": null}', "shape", None),
        (b'{"input": ["x"]}', "row", 0),
        (b'{"input": [{"text": "x"}, {}]}', "row", 1),
        (b'{"input": [{"text": "x"}, {"text": null}]}', "row", 1),
        (b'{"input": [{"text": 1}]}', "row", 0),
        (b'{"input": [{"text": ["x"]}]}', "row", 0),
        (b'{"input": [[]]}', "row", 0),
        (b'{"input": [null]}', "row", 0),
    ],
)
def test_bodies_that_cannot_be_read(lexicon: RunningServer, body: bytes, kind: str, row: int | None) -> None:
    answer = problem(post(lexicon, body), 400)
    assert str(answer["type"]).rsplit(":", 1)[1] == kind
    assert answer.get("row") == row


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'\xef\xbb\xbf{"input": [{"text": "love"}]}', "Positive"),
        (b'{"input": [{"text": "hate"}], "input": [{"text": "love"}]}', "Positive"),
        (b'{"input": [{"text": "hate", "text": "love"}]}', "Positive"),
        (b'{"input": [{"text": "love \\u0000 \\u202e \\ud83d\\ude00"}]}', "Positive"),
        (b'{"input": [{"text": "", "n": 123456789012345678901234567890}]}', "Positive"),
    ],
)
def test_odd_bodies_that_can_be_read(lexicon: RunningServer, body: bytes, text: str) -> None:
    assert post(lexicon, body).json()["output"][0]["label"] == text


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (b"a,b\n", 0),
        (b"x\nlove, or not\n", 1),
        (b'x\n"open', 1),
        (b'x\ny\n"a"b\n', 2),
        (b"\xff", None),
        (b"text\na,b\n", 0),
        (b"Text\nx\na,b\n", 1),
        (b'text\nx\n"open', 1),
        (b"text\ntext\na,b\n", 1),
    ],
)
def test_csv_that_cannot_be_read(lexicon: RunningServer, body: bytes, row: int | None) -> None:
    """Texts are counted, as in JSON: a header is none."""
    assert problem(post(lexicon, body, content_type="text/csv"), 400).get("row") == row


def test_a_bad_line_of_json_lines_is_named(lexicon: RunningServer) -> None:
    body = b'{"text": "x"}\n{"text": 1}\n'
    assert problem(post(lexicon, body, content_type="application/jsonlines"), 400)["row"] == 1
    assert problem(post(lexicon, b'{"text": "x"}\nx', content_type="application/jsonlines"), 400)["row"] == 1
    two = problem(post(lexicon, b'{"text": "x"}\n{"text": 1}\nx', content_type="application/jsonlines"), 400)
    assert two["row"] == 1  # the first of them


@pytest.mark.parametrize(
    "header", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json", "a", "text/csv; charset=x"]
)
def test_other_media_types_are_refused(lexicon: RunningServer, header: str) -> None:
    problem(post(lexicon, b'{"input": []}', content_type=header), 415)


def test_a_content_coding_is_refused(lexicon: RunningServer) -> None:
    response = post(lexicon, b"\x1f\x8b", content_encoding="gzip")
    problem(response, 415)
    assert response.headers["accept-encoding"] == "identity"
    assert post(lexicon, b'{"input": []}', content_encoding="identity").status_code == 200


def test_there_is_nothing_elsewhere(lexicon: RunningServer) -> None:
    for path in ("/nope", "/invocations/x", "/%00", "/..%2f..%2fetc/passwd", "/ping%0d%0aX: y", "/é"):
        problem(httpx.get(lexicon.url + path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/invocations", "POST"),
        ("PUT", "/invocations", "POST"),
        ("DELETE", "/ping", "GET"),
        ("POST", "/ping", "GET"),
        ("PATCH", "/metrics", "GET"),
        ("PROPFIND", "/ping", "GET"),
        ("BREW", "/ping", "GET"),
    ],
)
def test_other_methods_are_refused(lexicon: RunningServer, method: str, path: str, allowed: str) -> None:
    response = httpx.request(method, lexicon.url + path)
    problem(response, 405)
    assert allowed in response.headers["allow"].split(", ")


def test_head_and_options(lexicon: RunningServer) -> None:
    for path in ("/ping", "/metrics", "/execution-parameters", "/openapi.json", "/"):
        head = httpx.head(lexicon.url + path)
        assert (head.status_code, head.content) == (200, b"")
        assert "GET" in httpx.options(lexicon.url + path).headers["allow"]
    assert httpx.head(f"{lexicon.url}/invocations").status_code == 405


def test_ping_is_empty(lexicon: RunningServer) -> None:
    response = httpx.get(f"{lexicon.url}/ping")
    assert (response.status_code, response.content) == (200, b"")


def test_execution_parameters(lexicon: RunningServer) -> None:
    assert httpx.get(f"{lexicon.url}/execution-parameters").json() == {
        "MaxConcurrentTransforms": 2,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 6,
    }


def test_ping_tells_when_the_model_stops_scoring(start_server: StartServer, tmp_path: object) -> None:
    broken = tmp_path / "broken"  # type: ignore[operator]
    server = start_server(LEXICON_BROKEN=broken)
    assert httpx.get(f"{server.url}/ping").status_code == 200
    broken.touch()
    problem(httpx.get(f"{server.url}/ping"), 503)
    assert server.event("unhealthy")["reason"] == "scoring a text failed with RuntimeError"
    broken.unlink()
    assert httpx.get(f"{server.url}/ping").status_code == 200


def test_a_failing_model_is_a_500_that_tells_nothing_of_the_text(start_server: StartServer) -> None:
    server = start_server()
    problem(server.ask("my secret fail"), 500)
    assert server.event("exception")["exception"] == "RuntimeError"
    assert "secret" not in server.log.read_text()
    assert server.ask("love").status_code == 200


def test_the_limits(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_MAX_BODY=2000, MODEL_SERVER_MAX_ROWS=3, MODEL_SERVER_MAX_TEXT=10)
    assert server.ask("x" * 10, "x", "x").status_code == 200
    assert problem(server.ask("x", "x" * 11), 413)["row"] == 1
    assert problem(server.ask(*"xxxx"), 413)["detail"] == "4 texts; at most 3 fit in one request."
    fits = b'{"input": [{"text": "x"}]}'.ljust(2000)
    assert post(server, fits).status_code == 200
    assert problem(post(server, fits + b" "), 413)["type"] == "urn:sentiment-server:problem:body"
    for header in (b"", b"text\n"):
        for long in (b"y" * 11, b"y" * 1000):
            assert problem(post(server, header + b"x\n" + long, content_type="text/csv"), 413)["row"] == 1


def test_a_body_that_is_far_too_large_gets_its_answer_before_it_is_sent(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_MAX_BODY=100_000)
    for _ in range(5):
        problem(post(server, b" " * 20_000_000), 413)


def test_scoring_that_takes_too_long_is_cut_off(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_TIMEOUT=1)
    texts = ["sleep0.002"] * 2000
    answer = problem(server.ask(*texts), 413)
    assert "of 2000 texts took 1 seconds" in str(answer["detail"])


def test_metrics_add_up_over_the_processes(start_server: StartServer) -> None:
    server = start_server()
    for _ in range(10):
        server.ask("x", "y")  # each on a new connection, so on either process
    server.ask("fail")
    httpx.get(f"{server.url}/nope")
    assert server.metric("model_server_texts_scored_total") == 20
    assert server.metric("model_server_request_duration_seconds_count") == 11
    text = httpx.get(f"{server.url}/metrics").text
    assert 'model_server_requests_total{path="/invocations",code="200"} 10' in text
    assert 'model_server_requests_total{path="/invocations",code="500"} 1' in text
    assert 'model_server_requests_total{path="other",code="404"} 1' in text
    assert 'model_server_request_duration_seconds_bucket{le="+Inf"} 11' in text
