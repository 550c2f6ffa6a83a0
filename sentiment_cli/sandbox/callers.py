"""Whose request it is, by its access key: keys of the sandbox, and those that its own IAM and STS gave out."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.reading import Asked

ISSUED = re.compile(r"SANDBOX(\d{12})")


def access_key(account: str) -> str:
    """The access key of the user who owns an account of the sandbox."""
    return f"SANDBOX{account}"


def account(asked: Asked) -> str:
    """The account that a request belongs to. Raises the Fault that its service answers strangers with."""
    if not asked.key:
        raise _anonymous(asked)
    issued = ISSUED.fullmatch(asked.key)
    known = issued.group(1) if issued else _given_out(asked.key)
    if known is None:
        raise _stranger(asked)
    return known


@dataclass(frozen=True)
class Limited:
    """A caller that may do what its policies say: a user, or whoever took on a role."""

    arn: str
    owners: tuple[Any, ...]
    """Whose policies count, as moto keeps them: the role, or the user and the user's groups."""

    def policies(self) -> Iterator[Any]:
        """The documents of its policies."""
        for each in self.owners:
            yield from each.policies.values()
            for managed in each.managed_policies.values():
                yield from (version.document for version in managed.versions if version.is_default)


def limited(key: str, account: str) -> Limited | None:
    """Who has an access key, unless it is the owner of the account."""
    if ISSUED.fullmatch(key):
        return None
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    iam = iam_backends[account]["aws"]
    assumed = sts_backends[account]["aws"].get_assumed_role_from_access_key(key)
    if assumed is not None:
        return Limited(assumed.arn, (iam.get_role_by_arn(assumed.role_arn),))
    user = iam.get_user_from_access_key_id(key)
    return Limited(user.arn, (user, *iam.get_groups_for_user(user.name))) if user is not None else None


def _given_out(key: str) -> str | None:
    """The account of a key that moto gave out, to a user or to whoever assumed a role."""
    if "moto.iam.models" not in sys.modules:
        return None
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    for owner, partitions in list(iam_backends.items()):
        if any(key in backend.access_keys for backend in list(partitions.values())):
            return str(owner)
    for owner, regions in list(sts_backends.items()):
        if any(backend.get_assumed_role_from_access_key(key) for backend in list(regions.values())):
            return str(owner)
    return None


def _stranger(asked: Asked) -> Fault:
    if asked.service == "s3":
        text = "The AWS Access Key Id you provided does not exist in our records."
        return Fault("InvalidAccessKeyId", text, 403, AWSAccessKeyId=asked.key)
    text = "The security token included in the request is invalid."
    if asked.protocol == "query":
        return Fault("InvalidClientTokenId", text, 403)
    return Fault("UnrecognizedClientException", text, 403 if asked.protocol == "rest-json" else 400)


def _anonymous(asked: Asked) -> Fault:
    if asked.service == "s3":
        return Fault("AccessDenied", "Access Denied", 403)
    if asked.protocol == "query":
        return Fault("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    return Fault("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
