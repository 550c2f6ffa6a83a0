"""ECR's operations on repositories, their tags and rules, and the login."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.registry import faults
from sentiment_cli.sandbox.registry.records import Records, Repository, now, page

TOKEN_LIFE = timedelta(hours=12)


class Repositories:
    """Answers for repositories."""

    def __init__(self, context: Context, records: Records) -> None:
        self._own_host = urlsplit(context.url).netloc
        self._records = records

    def handlers(self) -> dict[str, Handler]:
        return {
            "GetAuthorizationToken": self._login,
            "CreateRepository": self._create,
            "DescribeRepositories": self._describe,
            "DeleteRepository": self._delete,
            "PutImageTagMutability": self._put_mutability,
            "PutLifecyclePolicy": self._put_lifecycle,
            "GetLifecyclePolicy": self._get_lifecycle,
            "DeleteLifecyclePolicy": self._delete_lifecycle,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def _login(self, _: Call) -> Mapping[str, Any]:
        token = base64.b64encode(f"AWS:{secrets.token_urlsafe(48)}".encode()).decode()
        host = self._records.host(self._own_host)
        ends = now() + TOKEN_LIFE
        given = {"authorizationToken": token, "expiresAt": ends, "proxyEndpoint": f"http://{host}"}
        return {"authorizationData": [given]}

    def _create(self, call: Call) -> Mapping[str, Any]:
        from moto.utilities.utils import get_partition

        tags = {each["Key"]: each.get("Value", "") for each in call.params.get("tags", [])}
        with self._records.lock:
            return {"repository": self._shown(self._records.add(call, get_partition(call.region), tags))}

    def _describe(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            if names := call.params.get("repositoryNames"):
                found = [self._records.find(call, name) for name in names]
            else:
                found = sorted(self._records.of(call), key=lambda each: each.name)
            return page("repositories", [self._shown(each) for each in found], call.params)

    def _delete(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            found = self._find(call)
            if self._records.images(found) and not call.params.get("force"):
                raise faults.not_empty(found.name, found.account)
            self._records.remove(found)
            return {"repository": self._shown(found)}

    def _put_mutability(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            found = self._find(call)
            found.mutability = call.params["imageTagMutability"]
            return {**_of(found), "imageTagMutability": found.mutability}

    def _put_lifecycle(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            found, text = self._find(call), call.params["lifecyclePolicyText"]
            _check_lifecycle(text)
            found.lifecycle = text
            return {**_of(found), "lifecyclePolicyText": text}

    def _get_lifecycle(self, call: Call) -> Mapping[str, Any]:
        found = self._find(call)
        if found.lifecycle is None:
            raise faults.no_lifecycle(found.name, found.account)
        return {**_of(found), "lifecyclePolicyText": found.lifecycle}

    def _delete_lifecycle(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            answer = self._get_lifecycle(call)
            self._find(call).lifecycle = None
            return answer

    def _tag(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            new = {each["Key"]: each.get("Value", "") for each in call.params["tags"]}
            self._tagged(call).tags.update(new)
            return {}

    def _untag(self, call: Call) -> Mapping[str, Any]:
        with self._records.lock:
            for key in call.params["tagKeys"]:
                self._tagged(call).tags.pop(key, None)
            return {}

    def _list_tags(self, call: Call) -> Mapping[str, Any]:
        return {"tags": [{"Key": key, "Value": value} for key, value in self._tagged(call).tags.items()]}

    def _find(self, call: Call) -> Repository:
        return self._records.find(call, call.params["repositoryName"])

    def _tagged(self, call: Call) -> Repository:
        arn = call.params["resourceArn"]
        found = self._records.by_arn(arn)
        if found is None:
            raise faults.no_repository(arn.partition("repository/")[2], call.account)
        return found

    def _shown(self, found: Repository) -> dict[str, Any]:
        return {
            **_of(found),
            "repositoryArn": found.arn,
            "repositoryUri": f"{self._records.host(self._own_host)}/{found.path}",
            "createdAt": found.created,
            "imageTagMutability": found.mutability,
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }


def _of(found: Repository) -> dict[str, Any]:
    return {"registryId": found.account, "repositoryName": found.name}


def _check_lifecycle(text: str) -> None:
    from moto.ecr.exceptions import InvalidParameterException
    from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

    try:
        EcrLifecyclePolicyValidator(text).validate()
    except InvalidParameterException as error:
        raise Fault("InvalidParameterException", str(error.message)) from error
