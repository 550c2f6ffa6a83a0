"""Whether a request was signed with the secret that belongs to its key: signed again as botocore does, and compared."""

from __future__ import annotations

import hmac
import re
import sys
from collections.abc import Mapping, Sequence

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from moto.core.request import Request
from werkzeug.datastructures import Headers

from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.reading import Asked

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)"
)
TEXT = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def check(request: Request, body: bytes, asked: Asked, owner: Credentials | None) -> None:
    """Raises the Fault of a request that was signed with another secret.

    `owner` is the key of the sandbox's owner. A key whose secret is not known here passes, as does a presigned address.
    """
    found = AUTHORIZATION.fullmatch(request.headers.get("Authorization", "").strip())
    if found is None:
        return
    key, region, service, names, signature = found.groups()
    credentials = owner if owner is not None and owner.access_key == key else _given_out(key)
    if credentials is None:
        return
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = kind(credentials, service, region)
    made = signature_of(signer, request.method, request.raw_url, request.headers, names.split(";"), body)
    if not hmac.compare_digest(made, signature):
        raise _mismatch(asked)


def signature_of(
    signer: SigV4Auth, method: str, url: str, headers: Mapping[str, str] | Headers, names: Sequence[str], body: bytes
) -> str:
    """The signature over exactly the headers that were signed, which are in `names`, in lower case."""
    chosen = HTTPHeaders()
    for name in names:
        chosen[name] = " ".join(headers.get(name, "").split())
    signer.headers_to_sign = lambda _: chosen
    asked = AWSRequest(method, url, data=body, headers=dict(chosen))
    asked.context["timestamp"] = headers.get("x-amz-date", "")
    return str(signer.signature(signer.string_to_sign(asked, signer.canonical_request(asked)), asked))


def _given_out(key: str) -> Credentials | None:
    """A key that moto gave out, with its secret."""
    if "moto.iam.models" not in sys.modules:
        return None
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    for partitions in list(iam_backends.values()):
        for backend in list(partitions.values()):
            if found := backend.access_keys.get(key):
                return Credentials(key, found.secret_access_key)
    for regions in list(sts_backends.values()):
        for sts in list(regions.values()):
            if assumed := sts.get_assumed_role_from_access_key(key):
                return Credentials(key, assumed.secret_access_key)
    return None


def _mismatch(asked: Asked) -> Fault:
    if asked.service == "s3" or asked.protocol == "query":
        return Fault("SignatureDoesNotMatch", TEXT, 403)
    return Fault("InvalidSignatureException", TEXT, 400 if asked.protocol == "json" else 403)
