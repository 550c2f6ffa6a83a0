"""Swagger and OpenAPI documents, as `chalice deploy` imports them, into moto's REST APIs; it checks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}


def fill(api: Any, document: Mapping[str, Any]) -> None:
    """Make the resources, methods and integrations of `document` in `api`, a moto RestAPI; merging, not replacing."""
    api.name = document["info"]["title"]
    api.description = document["info"].get("description")
    api.binaryMediaTypes = list(document.get("x-amazon-apigateway-binary-media-types") or [])
    api.policy = document.get("x-amazon-apigateway-policy")
    for path, methods in sorted(document["paths"].items()):
        resource = _resource(api, path)
        for name, described in methods.items():
            if name.lower() in METHODS:
                _method(resource, name, described, _schemes(document))


def clear(api: Any) -> None:
    """What mode=overwrite does first: nothing of the old definition stays, gateway responses neither."""
    api.resources, api.gateway_responses = {}, {}
    api.default = api.add_child("/")
    api.root_resource_id = api.default.id


def _resource(api: Any, path: str) -> Any:
    found = api.default
    so_far = ""
    for part in [part for part in path.split("/") if part]:
        so_far += f"/{part}"
        found = api.get_resource_for_path(so_far) or api.add_child(part, found.id)
    return found


def _method(resource: Any, name: str, described: Mapping[str, Any], schemes: Mapping[str, Any]) -> None:
    verb = "ANY" if name.startswith("x-") else name.upper()
    wanted = [schemes.get(each, {}) for item in described.get("security", []) for each in item]
    signed = any(scheme.get("x-amazon-apigateway-authtype") == "awsSigv4" for scheme in wanted)
    key = any(str(scheme.get("name", "")).lower() == "x-api-key" for scheme in wanted)
    method = resource.add_method(verb, "AWS_IAM" if signed else "NONE", key)
    for status in described.get("responses", {}):
        method.create_response(str(status), {}, {})
    if described.get("x-amazon-apigateway-integration"):
        _integration(resource, verb, described["x-amazon-apigateway-integration"])


def _integration(resource: Any, verb: str, described: Mapping[str, Any]) -> None:
    made = resource.add_integration(
        verb,
        described["type"].upper(),
        described.get("uri", ""),
        request_templates=described.get("requestTemplates"),
        passthrough_behavior=str(described.get("passthroughBehavior", "when_no_match")).upper(),
        integration_method=described.get("httpMethod"),
        timeout_in_millis=described.get("timeoutInMillis"),
        content_handling=described.get("contentHandling"),
    )
    for pattern, answer in described.get("responses", {}).items():
        made.create_integration_response(
            str(answer.get("statusCode", 200)),
            "" if pattern == "default" else pattern,
            dict(answer.get("responseTemplates") or {}),
            dict(answer.get("responseParameters") or {}),
        )


def _schemes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    components: Mapping[str, Any] = document.get("components", {})
    found: Mapping[str, Any] = document.get("securityDefinitions") or components.get("securitySchemes") or {}
    return found
