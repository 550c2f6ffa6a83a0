"""Asking the SageMaker endpoint; every way it can fail becomes a Problem that a caller can act on."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from chalicelib import settings
from chalicelib.problems import Problem

BUSY = ("ThrottlingException", "ServiceUnavailable", "ModelNotReadyException")


@cache
def client() -> Any:
    """One client a process. Its time-outs stay inside the function's, which stays inside API Gateway's 29 s."""
    config = Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 1})
    return boto3.client("sagemaker-runtime", config=config)


def ask(texts: list[str], *, explain: bool) -> dict[str, Any]:
    """The endpoint's answer: {"output": [{"label", "score"}, ...]}. Raises Problem."""
    body: dict[str, Any] = {"input": [{"text": text} for text in texts]}
    if explain:
        body["explain"] = True
    try:
        answer = client().invoke_endpoint(
            EndpointName=settings.ENDPOINT_NAME,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps(body).encode(),
        )
        result: dict[str, Any] = json.loads(answer["Body"].read())
    except ClientError as error:
        raise _problem(error) from error
    except ReadTimeoutError as error:
        raise Problem(504, "The model took too long to answer.") from error
    except (BotoCoreError, ValueError) as error:
        raise Problem(502, "The model could not be asked.") from error
    return result


def _problem(error: ClientError) -> Problem:
    code = error.response["Error"]["Code"]
    if code == "ModelError":
        return _of_the_container(error.response)
    if code in BUSY:
        return Problem(503, "The model is busy or waking up. Try again shortly.")
    if code in ("ValidationError", "ValidationException"):
        return Problem(503, "The model is not deployed.")
    return Problem(502, "The model could not be asked.")


def _of_the_container(response: dict[str, Any]) -> Problem:
    """The container's own 4xx is the caller's mistake and passed on; anything else is ours."""
    status = int(response.get("OriginalStatusCode", 500))
    if status == 503:
        return Problem(503, "The model is busy. Try again shortly.")
    if not 400 <= status < 500:
        return Problem(502, "The model failed.")
    try:
        said = json.loads(response.get("OriginalMessage", ""))
        return Problem(status, str(said["detail"]), said.get("row"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Problem(400, "The model refused the request.")
