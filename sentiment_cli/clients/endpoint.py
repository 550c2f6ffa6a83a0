"""Asks a SageMaker endpoint, in the container's own contract; what it refuses becomes a SentimentError."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sentiment_cli.clients.aws_errors import code_of, translated
from sentiment_cli.clients.inference import asked, asking, encoded, in_batches, refusal, understood
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError

if TYPE_CHECKING:
    from sentiment_cli.clients.sender import Request


class EndpointClient:
    """The endpoint `name`."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws, self._name = aws, name

    def ask(self, texts: Sequence[str], *, explain: bool = False) -> dict[str, Any]:
        """{"output": [{"label", "score"}, ...]} for `texts`, in order. Raises SentimentError."""
        return in_batches(texts, self._send, self._stranger, explain=explain)

    def prepared(self, texts: Sequence[str]) -> Request:
        """The request for `texts`, signed, for somebody else to send within the minutes that a signature is valid."""
        from sentiment_cli.clients.signing import signed

        url = str(self._aws.client("sagemaker-runtime").meta.endpoint_url)
        return signed(asked(url, f"endpoints/{self._name}/invocations", asking(texts)), self._aws, "sagemaker")

    def _send(self, body: dict[str, Any], first_row: int) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        content = encoded(body)
        try:
            with translated(f"ask the endpoint {self._name}"):
                answer = (
                    self._aws.client("sagemaker-runtime")
                    .invoke_endpoint(
                        EndpointName=self._name,
                        ContentType="application/json",
                        Accept="application/json",
                        Body=content,
                    )["Body"]
                    .read()
                )
        except SentimentError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and code_of(cause) == "ModelError":
                status = int(cause.response.get("OriginalStatusCode", 500))
                raise refusal(status, str(cause.response.get("OriginalMessage", "")), first_row) from None
            if isinstance(cause, ClientError) and code_of(cause) == "ValidationError":
                raise self._not_there(error) from None
            raise
        return self._understood(answer)

    def _understood(self, answer: bytes) -> dict[str, Any]:
        value = understood(answer)
        if value is None:
            raise self._stranger()
        return value

    def _stranger(self) -> SentimentError:
        return SentimentError(
            f"The endpoint {self._name} answered something that is not a prediction.",
            "It serves another kind of model.",
            "Run `sentiment-cli deploy` to serve this project's model there.",
            code="not-ours",
        )

    def _not_there(self, error: SentimentError) -> SentimentError:
        fix = "Deploy it with `sentiment-cli deploy`, or name another --stage or --region."
        return SentimentError(error.what, error.why, fix, code=error.code)
