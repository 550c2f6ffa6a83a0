"""What AWS has of a stage's API, found by name, by tag and by what it refers to; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sentiment_cli.clients.aws_errors import or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Refused
from sentiment_cli.resources.names import PROJECT_TAG, VERSION_TAG, Names

NOT_FOUND = "NotFoundException"  # API Gateway's


@dataclass(frozen=True)
class Found:
    """The parts of an API that are there. A dictionary is as AWS's API says it, without secrets."""

    partition: str
    function: Mapping[str, Any] | None
    """Configuration and Tags."""
    rest_apis: tuple[Mapping[str, Any], ...]
    """More than one only after a failure; the first is the one to keep."""
    stage: Mapping[str, Any] | None
    responses: Mapping[str, Any]
    """What the gateway adds to its own refusals, by their types."""
    key: Mapping[str, Any] | None
    plan: Mapping[str, Any] | None

    @property
    def rest_api(self) -> Mapping[str, Any] | None:
        return self.rest_apis[0] if self.rest_apis else None

    @property
    def version(self) -> str | None:
        """The digest that function and REST API both carry: the last thing that a deployment writes."""
        tags = [(self.function or {}).get("Tags") or {}, (self.rest_api or {}).get("tags") or {}]
        versions = {each.get(VERSION_TAG) for each in tags}
        return versions.pop() if len(versions) == 1 else None


def look(aws: Aws, names: Names, recorded_id: str | None = None) -> Found | None:
    """What there is; None for nothing at all. `recorded_id` is a REST API that a record names."""
    made = function(aws, names)
    apis = rest_apis(aws, names, recorded_id)
    stage = stage_of(aws, str(apis[0]["id"])) if apis else None
    refusals = responses(aws, str(apis[0]["id"])) if apis else {}
    found = Found(aws.partition, made, apis, stage, refusals, key(aws, names), plan(aws, names))
    return found if made or apis or found.key or found.plan else None


def function(aws: Aws, names: Names) -> Mapping[str, Any] | None:
    """Raises Refused for a function that has our name and is not ours."""
    client = aws.client("lambda")
    found = or_none(lambda: client.get_function(FunctionName=names.function), "ResourceNotFoundException")
    if found is None:
        return None
    if not ours(names, found.get("Tags")):
        raise Refused(
            f"There is a Lambda function {names.function} that is not of this project.",
            "It does not carry the project's tags.",
            "Choose another project name or stage, or remove that function.",
            code="name-taken",
        )
    return dict(found)


def rest_apis(aws: Aws, names: Names, recorded_id: str | None = None) -> tuple[Mapping[str, Any], ...]:
    """REST APIs that carry the stage's tags, or that Chalice made for its function before they could be tagged.

    The recorded one comes first, then what was tagged in the end: where the answer to Chalice's request was lost, there
    is another one of the same age.
    """
    found = [
        each
        for each in _listed(aws, "get_rest_apis")
        if ours(names, each.get("tags")) or (_may_be(names, each) and _asks(aws, each["id"], names.function))
    ]

    def order(each: Mapping[str, Any]) -> tuple[bool, bool, str]:
        return each["id"] != recorded_id, not ours(names, each.get("tags")), str(each.get("createdDate"))

    return tuple(sorted(found, key=order))


def stage_of(aws: Aws, api_id: str) -> Mapping[str, Any] | None:
    """The API's stage, if it has been deployed."""
    client = aws.client("apigateway")
    found = or_none(lambda: client.get_stages(restApiId=api_id)["item"], NOT_FOUND) or []
    return dict(found[0]) if found else None


def responses(aws: Aws, api_id: str) -> Mapping[str, Any]:
    """The parameters of those gateway responses that somebody has put, by type."""
    client = aws.client("apigateway")
    found = or_none(lambda: client.get_gateway_responses(restApiId=api_id, limit=500)["items"], NOT_FOUND) or []
    return {each["responseType"]: each.get("responseParameters") or {} for each in found}


def key(aws: Aws, names: Names) -> Mapping[str, Any] | None:
    """The stage's API key, without its value."""
    return next(iter(keys(aws, names)), None)


def keys(aws: Aws, names: Names) -> list[Mapping[str, Any]]:
    """All of the stage's API keys, without their values; more than one only after a failure."""
    hits = _named(names, _listed(aws, "get_api_keys", nameQuery=names.prefix, includeValues=False))
    return [{name: value for name, value in each.items() if name != "value"} for each in hits]


def plan(aws: Aws, names: Names) -> Mapping[str, Any] | None:
    """The stage's usage plan."""
    return next(iter(plans(aws, names)), None)


def plans(aws: Aws, names: Names) -> list[Mapping[str, Any]]:
    """All of the stage's usage plans; more than one only after a failure."""
    return _named(names, _listed(aws, "get_usage_plans"))


def ours(names: Names, tags: Mapping[str, str] | None) -> bool:
    """Whether `tags` are those of the stage."""
    return names.tags.items() <= (tags or {}).items()


def _named(names: Names, found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in found if each.get("name") == names.prefix and ours(names, each.get("tags"))]


def _may_be(names: Names, api: Mapping[str, Any]) -> bool:
    return api["name"] == names.project and PROJECT_TAG not in (api.get("tags") or {})


def _asks(aws: Aws, api_id: str, name: str) -> bool:
    """Whether a method of the API asks the function of that name."""
    client = aws.client("apigateway")
    pages = client.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    return any(
        f":function:{name}/" in str((method.get("methodIntegration") or {}).get("uri"))
        for page in pages
        for resource in page["items"]
        for method in (resource.get("resourceMethods") or {}).values()
    )


def _listed(aws: Aws, operation: str, **about: Any) -> Iterator[Mapping[str, Any]]:
    for page in aws.client("apigateway").get_paginator(operation).paginate(**about):
        yield from page["items"]
