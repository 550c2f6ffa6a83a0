"""The public API in front of the SageMaker endpoint: check the request, ask the endpoint, answer in kind."""

from __future__ import annotations

from typing import Any

from chalice import Chalice, CORSConfig, IAMAuthorizer, Response

from chalicelib import settings
from chalicelib.bodies import refuse_coding, texts_of
from chalicelib.endpoint import ask
from chalicelib.page import headers, html
from chalicelib.problems import Problem

app = Chalice(app_name=settings.APP_NAME)
app.log.setLevel(settings.LOG_LEVEL)

CORS = CORSConfig(
    allow_origin=settings.CORS_ORIGIN,
    allow_headers=["Content-Type", "X-Api-Key", "Authorization", "X-Amz-Date", "X-Amz-Security-Token"],
    max_age=3600,
)
GUARD: dict[str, Any] = {
    "api-key": {"api_key_required": True},
    "iam": {"authorizer": IAMAuthorizer()},
    "none": {},
}[settings.AUTH]
# The body has to be JSON whatever its Content-Type says: `curl -d` says something else unless it is told.
ANY_TYPE: list[str] = []


@app.route("/", methods=["POST"], cors=CORS, content_types=ANY_TYPE, **GUARD)
def index() -> Response:
    """The same as /predict, for callers that have only the URL."""
    return _answer()


@app.route("/", methods=["GET"], cors=CORS)
def page() -> Response:
    """A page to try sentences on. Open to anyone: it asks for the API key that its requests need."""
    return Response(html(), headers=headers())


@app.route("/predict", methods=["POST"], cors=CORS, content_types=ANY_TYPE, **GUARD)
def predict() -> Response:
    """{"input": [{"text": "..."}]} -> {"output": [{"label": "...", "score": 0.97}]}, in order."""
    return _answer()


@app.route("/health", methods=["GET"], cors=CORS)
def health() -> Response:
    """200 when the endpoint answers, 503 when it does not. Open to anyone: it says nothing else."""
    try:
        ask(["Today was a great day!"], explain=False)
    except Problem as problem:
        app.log.warning("unhealthy: %s (%s)", problem.detail, problem.__cause__)
        return Response({"status": "unavailable"}, status_code=503)
    return Response({"status": "ok"})


def _answer() -> Response:
    try:
        refuse_coding(app.current_request.headers)
        texts, explain = texts_of(app.current_request.raw_body)
        return Response(ask(texts, explain=explain))
    except Problem as problem:
        return _refusal(problem)
    except Exception:
        app.log.exception("a defect of this API")
        return _refusal(Problem(500, "The API failed; this is its fault, not the request's."))


def _refusal(problem: Problem) -> Response:
    if problem.status >= 500:
        app.log.error("%s: %s (%s)", problem.title, problem.detail, problem.__cause__)
    kind = {"Content-Type": "application/problem+json"}
    later = {"Retry-After": "5"} if problem.status in (429, 503) else {}
    return Response(problem.as_dict(), status_code=problem.status, headers={**kind, **later})
