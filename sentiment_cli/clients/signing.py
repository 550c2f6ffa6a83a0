"""Signs HTTP requests as AWS wants them, for an API that only callers with AWS credentials may use.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentiment_cli.clients.sender import Request
    from sentiment_cli.clients.session import Aws


def signed(request: Request, aws: Aws, service: str = "execute-api") -> Request:
    """`request` with the signature of the session's credentials, which is valid for some minutes."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    headers = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
    signing = AWSRequest("POST", request.url + request.path, headers=headers, data=request.body)
    credentials = aws.session.get_credentials().get_frozen_credentials()
    SigV4Auth(credentials, service, aws.region).add_auth(signing)
    return replace(request, headers={**request.headers, **signing.headers})
