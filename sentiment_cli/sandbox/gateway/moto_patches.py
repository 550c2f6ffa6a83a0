"""Where moto's API Gateway falls short of what `chalice deploy`, tags and a real deployment need.

`apply` is called once, before moto's server makes its applications, by whoever starts the server. It does nothing the
second time.
"""

from __future__ import annotations

import json
from functools import wraps
from typing import Any
from urllib.parse import unquote

from sentiment_cli.sandbox.gateway import documents
from sentiment_cli.sandbox.gateway.deployed import freeze

_applied: list[bool] = []


def apply() -> None:
    """Replace the methods of moto that are wrong or missing."""
    if _applied:
        return
    _applied.append(True)
    from moto.apigateway import models, responses

    _documents(models.APIGatewayBackend, responses.APIGatewayResponse)
    _deployments(models.RestAPI)
    _deletions(models.APIGatewayBackend)
    _plans(models.UsagePlan)
    _settings(models.RestAPI)
    _tags(responses.APIGatewayResponse)


def _documents(backend: Any, responses: Any) -> None:
    """moto takes OpenAPI 3 only, and drops API keys and authorisation of what it imports."""

    def put_rest_api(self: Any, function_id: str, api_doc: dict[str, Any], mode: str = "merge", **_checks: Any) -> Any:
        api = self.get_rest_api(function_id)
        if mode == "overwrite":
            documents.clear(api)
        documents.fill(api, api_doc)
        return api

    def import_rest_api(self: Any, api_doc: dict[str, Any], **_checks: Any) -> Any:
        api = self.create_rest_api(name=api_doc["info"]["title"], description=api_doc["info"].get("description"))
        return self.put_rest_api(api.id, api_doc)

    original = responses.create_rest_api

    def create_rest_api(self: Any) -> Any:
        from moto.apigateway.utils import deserialize_body

        document = deserialize_body(self.body)
        if not document:
            return original(self)
        api = self.backend.import_rest_api(document)
        kinds = self.querystring.get("endpointConfigurationTypes")
        if kinds:
            api.endpoint_configuration = {"types": list(kinds)}
        return 201, {"status": 201}, json.dumps(api.to_dict())

    backend.put_rest_api, backend.import_rest_api = put_rest_api, import_rest_api
    responses.create_rest_api = create_rest_api


def _deployments(rest_api: Any) -> None:
    """A stage serves what was deployed, not what has been changed since; and its settings outlive a deployment."""
    original = rest_api.create_deployment

    @wraps(original)
    def create_deployment(self: Any, name: str, description: str = "", stage_variables: Any = None) -> Any:
        before = self.stages.get(name)
        made = original(self, name, description, stage_variables)
        made.frozen = freeze(self)
        if before is not None:
            before.deployment_id = made.id
            self.stages[name] = before
        return made

    rest_api.create_deployment = create_deployment
    rest_api.update_integration_mocks = lambda self, stage_name: None  # registers URLs that no server answers


def _deletions(backend: Any) -> None:
    """moto answers 500 for what is not there, and lets a usage plan go that still guards a stage."""
    from moto.apigateway.exceptions import BadRequestException, NotFoundException

    original_api, original_plan, original_key = (
        backend.delete_rest_api, backend.delete_usage_plan, backend.delete_usage_plan_key,
    )  # fmt: skip

    def delete_rest_api(self: Any, function_id: str) -> Any:
        self.get_rest_api(function_id)
        return original_api(self, function_id)

    def delete_usage_plan(self: Any, usage_plan_id: str) -> None:
        plan = self.get_usage_plan(usage_plan_id)
        if plan.api_stages:
            raise BadRequestException(f"Cannot delete usage plan {usage_plan_id}: it has associated API stages")
        self.usage_plan_keys.pop(usage_plan_id, None)
        original_plan(self, usage_plan_id)

    def delete_usage_plan_key(self: Any, usage_plan_id: str, key_id: str) -> None:
        if key_id not in self.usage_plan_keys.get(usage_plan_id, {}):
            raise NotFoundException("Invalid Usage Plan Key specified")
        original_key(self, usage_plan_id, key_id)

    backend.delete_rest_api, backend.delete_usage_plan = delete_rest_api, delete_usage_plan
    backend.delete_usage_plan_key = delete_usage_plan_key


def _plans(usage_plan: Any) -> None:
    """moto fails at the removal of a stage that a plan does not have, which AWS refuses.

    https://github.com/boto/boto3/issues/2629 has its words.
    """
    from moto.apigateway.exceptions import BadRequestException

    original = usage_plan.apply_patch_operations

    @wraps(original)
    def apply_patch_operations(self: Any, patch_operations: list[dict[str, Any]]) -> None:
        there = {f"{each['apiId']}:{each['stage']}" for each in self.api_stages}
        for each in patch_operations:
            if each["op"] == "remove" and each["path"] == "/apiStages" and each["value"] not in there:
                raise BadRequestException("Invalid API Stage specified")
        original(self, patch_operations)

    usage_plan.apply_patch_operations = apply_patch_operations


def _settings(rest_api: Any) -> None:
    """UpdateRestApi knows nothing of minimumCompressionSize."""
    original = rest_api.apply_patch_operations

    @wraps(original)
    def apply_patch_operations(self: Any, patch_operations: list[dict[str, Any]]) -> None:
        original(self, patch_operations)
        for operation in patch_operations:
            if operation["path"] == "/minimumCompressionSize":
                value = str(operation.get("value") or "")
                self.minimum_compression_size = int(value) if value else None

    rest_api.apply_patch_operations = apply_patch_operations


def _tags(responses: Any) -> None:
    """moto tags stages only; AWS also tags REST APIs, API keys and usage plans."""
    from moto.apigateway import urls
    from moto.apigateway.exceptions import NotFoundException

    urls.url_paths["{0}/tags/(?P<resource_arn>arn.+)$"] = responses.dispatch

    def tagged(self: Any) -> Any:
        arn = unquote(self.path.split("/tags/", 1)[1])
        _, kind, name, *rest = arn.split("::", 1)[1].split("/")
        backend = self.backend
        place = {"restapis": backend.apis, "apikeys": backend.keys, "usageplans": backend.usage_plans}.get(kind, {})
        if name not in place:
            raise NotFoundException("Invalid resource identifier specified")
        found = place[name] if len(rest) < 2 else backend.get_stage(name, rest[1])
        if not isinstance(found.tags, dict):
            found.tags = {}
        return found

    def get_tags(self: Any) -> Any:
        return 200, {}, json.dumps({"tags": tagged(self).tags})

    def tag_resource(self: Any) -> Any:
        tagged(self).tags.update(self._get_param("tags") or {})
        return 204, {"status": 204}, ""

    def untag_resource(self: Any) -> Any:
        found = tagged(self)
        for key in self.querystring.get("tagKeys") or []:
            found.tags.pop(key, None)
        return 204, {"status": 204}, ""

    responses.get_tags, responses.tag_resource, responses.untag_resource = get_tags, tag_resource, untag_resource
