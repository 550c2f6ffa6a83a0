"""What the server says of itself at /openapi.json: OpenAPI 3.1, with the limits and labels of this very server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_image.bodies import CSV, JSON, JSON_LINES
from server_image.problems import MEDIA_TYPE
from server_image.settings import Limits

_PROBLEMS = {
    "400": "The body is not what its media type promises, or not of the shape that is asked for.",
    "408": "The request did not arrive whole in time.",
    "413": "A limit is exceeded: bytes of the body, texts in a request, characters of a text, or seconds of scoring.",
    "415": "The media type, the character set or the Content-Encoding is not read here.",
    "500": "The server failed. What was sent is not to blame.",
    "503": "The model does not score, or there is no room for the request beside others; try again.",
}
_EXAMPLE = {"input": [{"text": "Today was a great day!"}, {"text": "I hate rain"}]}


def describe(labels: Sequence[str], limits: Limits) -> dict[str, Any]:
    """The document, ready to be written as JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sentiment inference server",
            "version": "1",
            "summary": "Labels texts: the container contract of Amazon SageMaker hosting, and a little more.",
        },
        "paths": {
            "/invocations": {"post": _invocations()},
            "/ping": {"get": _get("Whether the model scores; the check scores a text.", {}, "503")},
            "/execution-parameters": {"get": _get("How a batch transform job should send its data.", _execution())},
            "/metrics": {"get": _get("Counters of all processes, for Prometheus.", _content("text/plain"))},
            "/openapi.json": {"get": _get("This document.", _content(JSON, {"type": "object"}))},
        },
        "components": {"schemas": _schemas(labels, limits), "responses": _problem_responses()},
    }


def _invocations() -> dict[str, Any]:
    csv_in = "One text a record, in double quotes if it holds a comma, a quote or a line end. A first record `text` is "
    csv_in += "a header. An empty line is an empty text."
    return {
        "summary": "The label of each text and its probability, in the order of the texts.",
        "description": "The answer has the media type that Accept prefers, else the one that was sent. An Accept "
        "header that names none of them is read as */*. Without Content-Type the body is JSON.",
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": _ref("Request"), "example": _EXAMPLE},
                JSON_LINES: {"schema": {"type": "string", "description": 'One {"text": "..."} object a line.'}},
                CSV: {"schema": {"type": "string", "description": csv_in}},
            },
        },
        "responses": {
            "200": {
                "description": "One label for each text.",
                "content": {
                    JSON: {"schema": _ref("Answer")},
                    JSON_LINES: {"schema": {"type": "string", "description": "One object of `output` a line."}},
                    CSV: {"schema": {"type": "string", "description": "`label,score`, one text a line, no header."}},
                },
            },
            **{code: {"$ref": f"#/components/responses/{code}"} for code in ("400", "408", "413", "415", "500", "503")},
        },
    }


def _schemas(labels: Sequence[str], limits: Limits) -> dict[str, Any]:
    text = {"type": "string", "maxLength": limits.text}
    weight = {"type": "number", "description": "Above 0 it speaks for the label, below 0 against it."}
    row = {
        "label": {"type": "string", "enum": list(labels)},
        "score": {"type": "number", "minimum": 0, "maximum": 1, "description": "The probability of the label."},
        "explanation": {
            "type": "array",
            "description": "The words that did most, the strongest first. Only where `explain` was true.",
            "items": _object({"word": {"type": "string"}, "weight": weight}, ["word", "weight"]),
        },
    }
    rows = {"type": "array", "maxItems": limits.rows, "items": _object({"text": text}, ["text"])}
    return {
        "Request": _object({"input": rows, "explain": {"type": "boolean", "default": False}}, ["input"]),
        "Answer": _object({"output": {"type": "array", "items": _object(row, ["label", "score"])}}, ["output"]),
        "Problem": _object(
            {
                "type": {"type": "string", "format": "uri"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "row": {"type": "integer", "description": "The text that is to blame, counted from 0."},
            },
            ["type", "title", "status"],
        ),
    }


def _problem_responses() -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": _ref("Problem")}}
    return {code: {"description": text, "content": content} for code, text in _PROBLEMS.items()}


def _execution() -> dict[str, Any]:
    properties = {
        "MaxConcurrentTransforms": {"type": "integer"},
        "BatchStrategy": {"type": "string"},
        "MaxPayloadInMB": {"type": "integer"},
    }
    return _content(JSON, _object(properties, list(properties)))


def _get(summary: str, content: dict[str, Any], *problems: str) -> dict[str, Any]:
    answer = {"description": "All is well."} | ({"content": content} if content else {})
    refused = {code: {"$ref": f"#/components/responses/{code}"} for code in problems}
    return {"summary": summary, "responses": {"200": answer, **refused}}


def _content(media_type: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {media_type: {"schema": schema or {"type": "string"}}}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
