"""Requests signed with AWS credentials (SigV4), checked the way AWS checks them: sign again and compare."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.credentials import Credentials

from sentiment_cli.sandbox import callers, rights, signing
from sentiment_cli.sandbox.gateway.answers import Refusal

_INVOKE = "execute-api:Invoke"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


def verify(method: str, url: str, headers: Mapping[str, str], body: bytes, owner: str) -> str:
    """The access key that has signed the request for execute-api. Raises Refusal; `headers` have lower-case names.

    `owner` is the secret of the sandbox's own keys.
    """
    said = headers.get("authorization", "")
    if not said:
        raise Refusal("MISSING_AUTHENTICATION_TOKEN")
    found = _AUTHORIZATION.fullmatch(said.strip())
    if found is None:
        raise Refusal("INVALID_SIGNATURE", "Authorization header requires 'Credential', 'Signature', 'SignedHeaders'.")
    key, _day, region, service, names, signature = found.groups()
    if service != "execute-api":
        raise Refusal("INVALID_SIGNATURE", "Credential should be scoped to correct service: 'execute-api'.")
    signer = SigV4Auth(Credentials(key, _secret(key, owner)), service, region)
    made = signing.signature_of(signer, method, url, headers, names.split(";"), body)
    if not hmac.compare_digest(made, signature):
        raise Refusal("INVALID_SIGNATURE")
    return key


def permit(key: str, account: str, resource: str) -> None:
    """Raises Refusal where the policies of the key's owner do not let them call the method `resource` of an API."""
    caller = callers.limited(key, account)
    if caller is None:
        return
    found = rights.effects(rights.read(caller), rights.Right(_INVOKE, [resource]), resource)
    if found != {"Allow"}:
        why = " with an explicit deny" if "Deny" in found else ""
        hidden = resource.replace(f":{account}:", f":********{account[-4:]}:")
        raise Refusal(
            "ACCESS_DENIED", f"User: {caller.arn} is not authorized to perform: {_INVOKE} on resource: {hidden}{why}"
        )


def _secret(key: str, owner: str) -> str:
    """The secret of an access key: what IAM or STS gave out with it, or that of the account's owner."""
    from moto.iam.models import iam_backends

    for account in list(iam_backends.values()):
        for backend in list(account.values()):
            if key in backend.access_keys:
                return str(backend.access_keys[key].secret_access_key)
    if callers.ISSUED.fullmatch(key):
        return owner
    raise Refusal("INVALID_SIGNATURE", "The security token included in the request is invalid.")
