"""The HTTP contract of an inference container, as a Falcon application; how it is served is not its business."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import falcon
import orjson

from server_image import bodies, problems
from server_image.logs import Limited
from server_image.metrics import Metrics
from server_image.model import Model
from server_image.settings import Limits

CANARY = "What a great day, I love it!"
_SLICE = 512  # texts scored between two looks at the clock
_log = Limited()


def create_app(
    model: Model,
    *,
    playground: bool = False,
    limits: Limits | None = None,
    metrics: Metrics | None = None,
    workers: int = 1,
) -> falcon.App[falcon.Request, falcon.Response]:
    """The WSGI application that answers for `model`.

    `metrics` are the counters to add to and to show, `workers` the number of processes that answer together.
    """
    limits, metrics = limits or Limits(), metrics or Metrics()
    app = falcon.App(middleware=[KnownMethods()])
    app.req_options.strip_url_path_trailing_slash = True
    app.set_error_serializer(problems.serialize)
    app.add_error_handler(Exception, _answer_failure)
    app.add_route("/invocations", Invocations(model, limits, metrics))
    app.add_route("/ping", Ping(model))
    app.add_route("/execution-parameters", ExecutionParameters(workers))
    app.add_route("/metrics", MetricsText(metrics, model))
    app.add_route("/openapi.json", Description(model, limits))
    if playground:
        from server_image.playground import Playground

        app.add_route("/", Playground())
    return app


def check(model: Model) -> str | None:
    """Why `model` cannot serve, or None: one text is really scored."""
    try:
        [(label, score)] = model.predict([CANARY])
    except Exception as error:
        return f"scoring a text failed with {type(error).__name__}"
    if label not in model.labels:
        return "scoring a text gave a label that the model does not have"
    if not (math.isfinite(score) and 0 <= score <= 1):
        return f"scoring a text gave {score}, which is no probability"
    return None


class KnownMethods:
    """Falcon takes a method that nobody has heard of for a bad request; here it is one that is not allowed."""

    def process_resource(
        self, request: falcon.Request, _response: falcon.Response, resource: object, _params: dict[str, Any]
    ) -> None:
        if request.method not in falcon.COMBINED_METHODS:
            allowed = [name[3:].upper() for name in dir(resource) if name.startswith("on_")]
            raise falcon.HTTPMethodNotAllowed([*allowed, "OPTIONS"])


class Invocations:
    """POST: the label and score of each text."""

    def __init__(self, model: Model, limits: Limits, metrics: Metrics) -> None:
        self._model, self._limits, self._metrics = model, limits, metrics

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        media_type = bodies.media_type_of(request.content_type)
        _refuse_content_coding(request)
        batch = bodies.read(self._body(request), media_type, self._limits)
        rows = self._rows(batch)
        self._metrics.count_texts(len(rows))
        response.content_type = bodies.answer_type(request.env.get("HTTP_ACCEPT"), media_type)
        response.data = bodies.write(rows, response.content_type)

    def _body(self, request: falcon.Request) -> bytes:
        # Where the server ends the stream with the request, nothing has to count along.
        ends = request.env.get("wsgi.input_terminated")
        body: bytes = (request.stream if ends else request.bounded_stream).read()
        if len(body) > self._limits.body:
            raise problems.too_large("body", f"The body may have {self._limits.body:,} bytes.")
        return body

    def _rows(self, batch: bodies.Batch) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        start = time.monotonic()
        for first in range(0, len(batch.texts), _SLICE):
            texts = batch.texts[first : first + _SLICE]
            rows += [{"label": label, "score": score} for label, score in self._model.predict(texts)]
            if len(rows) != first + len(texts):
                raise RuntimeError("the model has not as many answers as there are texts")
            if batch.explain:
                self._explain(texts, rows[first:])
            if time.monotonic() - start > self._limits.seconds:
                done, seconds = len(rows), self._limits.seconds
                detail = f"{done} of {len(batch.texts)} texts took {seconds:g} seconds; send fewer at once."
                raise problems.too_large("time", detail)
        return rows

    def _explain(self, texts: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
        for text, row in zip(texts, rows, strict=True):
            row["explanation"] = [{"word": word, "weight": weight} for word, weight in self._model.explain(text)]


class Ping:
    """GET: 200 and nothing else while the model scores, else 503."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        if reason := check(self._model):
            _log("error", "unhealthy", reason=reason)
            raise problems.Problem(503, "unhealthy", "The model does not score", f"The check failed: {reason}.")
        response.content_type = falcon.MEDIA_TEXT
        response.data = b""

    on_head = on_get


class ExecutionParameters:
    """GET: how a batch transform job should send its data."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.media = {
            "MaxConcurrentTransforms": self._workers,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": 6,
        }

    on_head = on_get


class MetricsText:
    """GET: the counters of all processes."""

    def __init__(self, metrics: Metrics, model: Model) -> None:
        self._metrics, self._model = metrics, model

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = "text/plain; version=0.0.4; charset=utf-8"
        response.text = self._metrics.render(self._model.labels)

    on_head = on_get


class Description:
    """GET: what the server does, as an OpenAPI document."""

    def __init__(self, model: Model, limits: Limits) -> None:
        self._model, self._limits = model, limits

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        from server_image.openapi import describe

        response.content_type = falcon.MEDIA_JSON
        response.data = orjson.dumps(describe(self._model.labels, self._limits), option=orjson.OPT_INDENT_2)

    on_head = on_get


def _refuse_content_coding(request: falcon.Request) -> None:
    coding = request.env.get("HTTP_CONTENT_ENCODING")
    if coding and coding.strip().lower() != "identity":
        detail = "Send the body as it is: no Content-Encoding is read here."
        raise problems.unsupported("content-encoding", detail, {"Accept-Encoding": "identity"})


def _answer_failure(
    request: falcon.Request, _response: falcon.Response, error: Exception, _params: dict[str, Any]
) -> None:
    """Our fault: the log tells where, and neither the log nor the answer quotes what was sent."""
    places, step = [], error.__traceback__
    while step is not None:
        places.append(f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}")
        step = step.tb_next
    _log("error", "exception", exception=type(error).__name__, path=request.path[:200], at=places[-6:])
    raise problems.Problem(500, "internal", "The server failed", "This is the server's fault; its log tells more.")
