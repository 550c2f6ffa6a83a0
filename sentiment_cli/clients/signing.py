"""Signs HTTP requests as AWS wants them, for an API that only callers with AWS credentials may use.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentiment_cli.clients.session import Aws


class Signature:
    """For `auth=` of httpx: every request is signed with the session's credentials."""

    def __init__(self, aws: Aws, service: str = "execute-api") -> None:
        self._aws, self._service = aws, service

    def __call__(self, request: Any) -> Any:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        headers = {"Content-Type": request.headers["Content-Type"]} if "Content-Type" in request.headers else {}
        signed = AWSRequest(request.method, str(request.url), headers=headers, data=request.content)
        credentials = self._aws.session.get_credentials().get_frozen_credentials()
        SigV4Auth(credentials, self._service, self._aws.region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request
