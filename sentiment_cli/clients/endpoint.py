"""Asks a SageMaker endpoint, in the container's own contract; what it refuses becomes a SentimentError."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sentiment_cli.clients.aws_errors import code_of, translated
from sentiment_cli.clients.inference import batches, refusal
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError


class EndpointClient:
    """The endpoint `name`."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws, self._name = aws, name

    def ask(self, texts: Sequence[str], *, explain: bool = False) -> dict[str, Any]:
        """{"output": [{"label", "score"}, ...]} for `texts`, in order. Raises SentimentError."""
        output: list[dict[str, Any]] = []
        for start, batch in batches(texts):
            body: dict[str, Any] = {"input": [{"text": text} for text in batch]}
            if explain:
                body["explain"] = True
            output += self._send(body, start)["output"]
        return {"output": output}

    def _send(self, body: dict[str, Any], first_row: int) -> dict[str, Any]:
        import orjson
        from botocore.exceptions import ClientError

        try:
            with translated(f"ask the endpoint {self._name}"):
                answer = self._aws.client("sagemaker-runtime").invoke_endpoint(
                    EndpointName=self._name,
                    ContentType="application/json",
                    Accept="application/json",
                    Body=orjson.dumps(body),
                )
                said: dict[str, Any] = orjson.loads(answer["Body"].read())
                return said
        except SentimentError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and code_of(cause) == "ModelError":
                status = int(cause.response.get("OriginalStatusCode", 500))
                raise refusal(status, str(cause.response.get("OriginalMessage", "")), first_row) from None
            raise
